# SPDX-License-Identifier: Apache-2.0
# Executables go to the runtimes' plugin directory; the library, for plugin authors, under the prefix.
include(CMakePackageConfigHelpers)

get_property(executables GLOBAL PROPERTY CNI_C_EXECUTABLES)
install(TARGETS ${executables} RUNTIME DESTINATION ${CNI_C_PLUGIN_DIR} COMPONENT plugins)
install(TARGETS cnitool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
install(FILES cnitool/completion.bash RENAME cnitool
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
install(FILES cnitool/completion.zsh RENAME _cnitool
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT tools)
install(FILES cnitool/completion.fish RENAME cnitool.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)

# Made by scripts/manuals. Links are second names of a page.
file(GLOB pages ${CMAKE_SOURCE_DIR}/docs/man/cni-*.8)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT plugins)
install(FILES docs/man/cni-c.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT plugins)
file(GLOB pages ${CMAKE_SOURCE_DIR}/docs/man/cnitool*.8)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT tools)
install(FILES docs/man/conflist.5 docs/man/cni-conf.5 docs/man/cni-conflist.5
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT tools)
install(DIRECTORY docs/html DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT tools)
install(FILES conf/editors/conflist.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/cni-c COMPONENT tools)

# For tarballs: not in the plugins' directory, of which a runtime may execute every file.
install(PROGRAMS scripts/install DESTINATION ${CMAKE_INSTALL_DATADIR}/cni-c COMPONENT tools)
install(FILES scripts/install-directory.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/cni-c COMPONENT tools)

# Restores the rules after a firewall was reloaded.
configure_file(conf/systemd/cni-reconcile.service.in ${CMAKE_BINARY_DIR}/cni-reconcile.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/cni-reconcile.service DESTINATION lib/systemd/system
  COMPONENT tools)

# Timers, which are off until they are enabled.
foreach(unit IN ITEMS cni-doctor cni-metrics)
  configure_file(conf/systemd/${unit}.service.in ${CMAKE_BINARY_DIR}/${unit}.service @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${unit}.service conf/systemd/${unit}.timer
    DESTINATION lib/systemd/system COMPONENT tools)
endforeach()

# The daemon of dhcp. Restarted alone, it goes on with all leases.
configure_file(conf/systemd/cni-dhcp.service.in ${CMAKE_BINARY_DIR}/cni-dhcp.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/cni-dhcp.service conf/systemd/cni-dhcp.socket
  DESTINATION lib/systemd/system COMPONENT plugins)

# Packages (scripts/package) have the documents and examples as well, and the part that Debian's maintainer scripts and
# Fedora's have in common.
install(FILES CHANGELOG.md LICENSE NOTICE README.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT documents
  PATTERN man EXCLUDE PATTERN CMakeLists.txt EXCLUDE)
install(DIRECTORY conf/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT documents
  PATTERN systemd EXCLUDE PATTERN packages EXCLUDE PATTERN installer EXCLUDE PATTERN editors EXCLUDE)
list(JOIN executables " " package_names)
configure_file(conf/packages/package-hooks.in ${CMAKE_BINARY_DIR}/package-hooks @ONLY)
install(PROGRAMS ${CMAKE_BINARY_DIR}/package-hooks DESTINATION libexec/cni-c COMPONENT documents)

# The libraries for authors: the specification (spec), the caller's side (runtime), links (net), the frame
# of plugins that make links (plan) and the parts of our plugins. A plugin gets only those members of
# these archives that it uses: see NOTICE for the consequence. Headers that are not listed stay private.
install(TARGETS cni-base cni-spec cni-runtime cni-net cni-plan cni-nft cni-rules cni-iptables cni-firewall
    cni-tuning cni-parts
  EXPORT cni-c ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
set(headers libcni-c/cni.h)
foreach(layer_and_nouns IN ITEMS
    "base cleanup decls destinations error file help_text ip mem owner port_mapping word"
    "spec args conf decode delegate describe env exec json names result verbs version"
    "runtime cache cached_list canonical chain confdir conflist namespace reconcile request warnings"
    "net addr announce bridge_vlan conntrack device ifb link link_kind link_mac link_names link_read link_settings link_sysctl netns nl nl_attr peer qdisc redirect route route_list rule shaper sysctl tap"
    "plan attachment container_end part plan readiness sweep"
    "tuning tuning tuning_conf"
    "parts bridge_vlan_link container_link host_end link_gc link_plan mac_choice parts routing_tables source_rules"
    "rules firewall portmap"
    "iptables iptables_tool"
    "firewall firewall_choice")
  separate_arguments(nouns UNIX_COMMAND ${layer_and_nouns})
  list(POP_FRONT nouns layer)
  list(TRANSFORM nouns REPLACE "(.+)" "libcni-c/${layer}/\\1.h")
  list(APPEND headers ${nouns})
endforeach()
# The compiler's include path has the directory above: <error.h> stays glibc's.
install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cni-c COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cni-c)
install(EXPORT cni-c NAMESPACE cni-c:: FILE cni-c-targets.cmake DESTINATION ${package_dir}
  COMPONENT development)
configure_package_config_file(cmake/cni-c-config.cmake.in ${CMAKE_BINARY_DIR}/cni-c-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cni-c-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cni-c-config.cmake ${CMAKE_BINARY_DIR}/cni-c-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)

# Relative to the .pc files, so that an installation can be moved.
file(RELATIVE_PATH from_pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" from_pc_to_prefix "${from_pc_to_prefix}")
foreach(package IN ITEMS libcni-c libcni-c-plan libcni-c-parts)
  configure_file(cmake/${package}.pc.in ${CMAKE_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)
endforeach()
