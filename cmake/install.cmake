# SPDX-License-Identifier: Apache-2.0
# Executables go to the runtimes' plugin directory; the library, for plugin authors, under the prefix.
include(CMakePackageConfigHelpers)

get_property(executables GLOBAL PROPERTY CNI_C_EXECUTABLES)
install(TARGETS ${executables} RUNTIME DESTINATION ${CNI_C_PLUGIN_DIR} COMPONENT plugins)
install(TARGETS cnitool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
install(FILES cnitool/completion.bash RENAME cnitool
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)

# Restores the rules after a firewall was reloaded.
configure_file(conf/systemd/cni-reconcile.service.in ${CMAKE_BINARY_DIR}/cni-reconcile.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/cni-reconcile.service DESTINATION lib/systemd/system
  COMPONENT tools)

# The public library: the specification, and the caller's side. net and plan stay private until they
# have settled.
install(TARGETS cni-base cni-spec cni-runtime EXPORT cni-c
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
file(GLOB headers ${CMAKE_SOURCE_DIR}/libcni-c/base/*.h ${CMAKE_SOURCE_DIR}/libcni-c/spec/*.h
  ${CMAKE_SOURCE_DIR}/libcni-c/runtime/*.h)
install(FILES libcni-c/cni.h ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cni-c
  COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cni-c)
install(EXPORT cni-c NAMESPACE cni-c:: FILE cni-c-targets.cmake DESTINATION ${package_dir}
  COMPONENT development)
configure_package_config_file(cmake/cni-c-config.cmake.in ${CMAKE_BINARY_DIR}/cni-c-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cni-c-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cni-c-config.cmake ${CMAKE_BINARY_DIR}/cni-c-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)

configure_file(cmake/libcni-c.pc.in ${CMAKE_BINARY_DIR}/libcni-c.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/libcni-c.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)
