# SPDX-License-Identifier: Apache-2.0
# Libraries. A shared library costs up to a tenth of a millisecond for each exec, so an archive is preferred
# where there is one: PkgConfig::* name files, found here in this order.
find_package(PkgConfig REQUIRED)
if(CNI_C_PORTABLE)
  # The libraries for musl alone.
  set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_PREFIX_PATH}/lib/pkgconfig)
  if(NOT EXISTS $ENV{PKG_CONFIG_LIBDIR})
    message(FATAL_ERROR "${CMAKE_PREFIX_PATH} has no libraries for musl: 'scripts/archives portable' makes them")
  endif()
endif()
set(suffixes ${CMAKE_FIND_LIBRARY_SUFFIXES})
set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(MNL REQUIRED IMPORTED_TARGET libmnl>=1.0.4)
pkg_check_modules(NFTNL REQUIRED IMPORTED_TARGET libnftnl>=1.2.0)
pkg_check_modules(DBUS REQUIRED IMPORTED_TARGET dbus-1>=1.12)
# SHA-512 for names.
pkg_check_modules(MD REQUIRED IMPORTED_TARGET libmd>=1.0)
set(CMAKE_FIND_LIBRARY_SUFFIXES ${suffixes})

# libdbus gets its listening sockets from libsystemd, which has no archive. We listen on none.
if(DBUS_LINK_LIBRARIES MATCHES "\\.a$")
  target_link_options(PkgConfig::DBUS INTERFACE
    LINKER:--defsym=sd_listen_fds=0,--defsym=sd_is_socket=0)
endif()

if(CNI_C_PORTABLE)
  foreach(library MNL NFTNL)
    target_link_libraries(PkgConfig::${library} INTERFACE portable-fortified)
  endforeach()
endif()

# Links each executable statically, for which every library must have an archive. The linker warns of getaddrinfo() and of users' names, which libdbus has for other buses than the system's.
add_library(cni-executable INTERFACE)
# Executables that end with the call for which they were started: not cnitool, and not the daemon of dhcp.
add_library(cni-brief-executable INTERFACE)
target_link_libraries(cni-brief-executable INTERFACE cni-executable)
if(CNI_C_STATIC)
  foreach(library CJSON MNL NFTNL DBUS MD)
    if(NOT ${library}_LINK_LIBRARIES MATCHES "\\.a$")
      message(FATAL_ERROR "CNI_C_STATIC wants an archive instead of ${${library}_LINK_LIBRARIES}: "
        "scripts/archives makes those that Debian has not")
    endif()
  endforeach()
  # Among the libraries: the last word of these is the one that gcc takes, and CMake says -pie.
  target_link_libraries(cni-executable INTERFACE -static-pie)
endif()
