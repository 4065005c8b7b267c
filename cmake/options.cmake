# SPDX-License-Identifier: Apache-2.0
# How everything is compiled and linked.

set(CNI_C_PLUGIN_DIR "/opt/cni/bin" CACHE PATH "Where the executables are installed")
set(CNI_C_REFERENCE "1.9.1" CACHE STRING "The version of containernetworking/plugins we stand in for")
option(CNI_C_STATIC "Link the executables with archives only: for hosts of any distribution" OFF)
option(CNI_C_PORTABLE "The same with musl, and with what musl lacks (cmake/portable/)" OFF)
option(CNI_C_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(CNI_C_COVERAGE "Build for gcov" OFF)
option(CNI_C_FUZZ "Build the fuzzers, and everything for them (clang)" OFF)
option(CNI_C_WERROR "Treat warnings as errors" OFF)

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wformat=2 -Wundef -Wno-missing-field-initializers)
add_compile_definitions(_GNU_SOURCE
  CNI_C_VERSION="${CNI_C_REFERENCE}+cni-c.${PROJECT_VERSION}")
if(CNI_C_WERROR)
  add_compile_options(-Werror)
endif()

# The sanitizers' tables are two megabytes that a position-independent executable relocates at each start: a
# quarter of what a short process costs.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(CNI_C_SANITIZE)
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # As clang does: loading the sanitizers' libraries was a quarter of the cost of a short process.
    add_link_options(-static-libasan -static-libubsan)
    # Takes a third of the time for two hundred test executables.
    include(CheckLinkerFlag)
    check_linker_flag(C -fuse-ld=gold CNI_C_HAS_GOLD)
    if(CNI_C_HAS_GOLD)
      add_link_options(-fuse-ld=gold)
    endif()
  endif()
endif()
if(CNI_C_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CNI_C_FUZZ needs clang: its compiler brings libFuzzer")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(CNI_C_COVERAGE)
  # gcc replaces execve() by a function that writes the counts first: after vfork(), these are the
  # parent's.
  add_compile_options(--coverage -fno-builtin-execve)
  add_link_options(--coverage)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CNI_C_SANITIZE)
  include(CheckCCompilerFlag)
  # The bytes do not depend on the directory of the source.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -ffunction-sections -fdata-sections)
  check_c_compiler_flag(-fcf-protection=full CNI_C_HAS_CET)
  # Without effect in static executables: the archives of Debian have no notes of it, and the linker marks
  # only what all of it has (docs/install.md).
  if(CNI_C_HAS_CET AND NOT CNI_C_STATIC)
    add_compile_options(-fcf-protection=full)
  endif()
  if(CNI_C_PORTABLE)
    # Code for executables alone (a function that another file sees may be inlined), without the tables that
    # debuggers have in .debug_frame (a tenth of the size), and without padding between functions (a thirtieth).
    add_compile_options(-Os -fPIE -fno-asynchronous-unwind-tables -fno-unwind-tables
      -falign-functions=1 -falign-loops=1 -falign-jumps=1)
  endif()
  add_link_options(LINKER:-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed,--gc-sections)
endif()

# The portable build is compiled for size, except the libraries in which an ADD spends its instructions.
function(cni_compile_for_speed target)
  if(CNI_C_PORTABLE)
    target_compile_options(${target} PRIVATE -O2)
  endif()
endfunction()
