# SPDX-License-Identifier: Apache-2.0
# The toolchain of the presets release-ARCH, whose cache has ARCH as CNI_C_ARCH: Debian's cross compiler, with glibc, the
# kernel's headers and the libraries of Debian's packages in build/sysroot.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CNI_C_ARCH)
set(cni_c_cpu ${CNI_C_ARCH})
if(CNI_C_ARCH STREQUAL arm64)
  set(cni_c_cpu aarch64)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/portable/cross.cmake)
set(CMAKE_C_COMPILER ${cni_c_cpu}-linux-gnu-gcc)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH top)
set(CMAKE_SYSROOT ${top}/build/sysroot/${CNI_C_ARCH})
if(NOT EXISTS ${CMAKE_SYSROOT}/usr/include/libmnl)
  message(FATAL_ERROR "${CMAKE_SYSROOT} has no libraries: 'scripts/archives --arch ${CNI_C_ARCH} portable' makes it")
endif()
# A compiler of that architecture is there as well.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# Headers of a glibc that is installed for the compiler would come first.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include OUTPUT_VARIABLE headers
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(CMAKE_C_FLAGS_INIT "-nostdinc -isystem ${headers} -isystem ${CMAKE_SYSROOT}/usr/include/${cni_c_cpu}-linux-gnu \
-isystem ${CMAKE_SYSROOT}/usr/include")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/${cni_c_cpu}-linux-gnu/pkgconfig)
