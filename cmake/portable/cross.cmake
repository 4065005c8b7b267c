# SPDX-License-Identifier: Apache-2.0
# Sets the tools for the processor cni_c_cpu: with musl, or with glibc where the preset names a sysroot, in which Debian's
# packages of that architecture are unpacked.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${cni_c_cpu})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CMAKE_SYSROOT)
if(CMAKE_SYSROOT)
  set(CMAKE_C_COMPILER ${cni_c_cpu}-linux-gnu-gcc)
  set(CMAKE_LIBRARY_ARCHITECTURE ${cni_c_cpu}-linux-gnu)
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
  set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/${cni_c_cpu}-linux-gnu/pkgconfig)
else()
  set(CMAKE_C_COMPILER ${CMAKE_CURRENT_LIST_DIR}/${cni_c_cpu}-linux-musl-gcc)
endif()
foreach(tool IN ITEMS AR RANLIB STRIP OBJCOPY OBJDUMP NM READELF LINKER)
  string(TOLOWER ${tool} name)
  string(REPLACE linker ld name ${name})
  set(CMAKE_${tool} ${cni_c_cpu}-linux-gnu-${name})
endforeach()
