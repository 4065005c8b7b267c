# SPDX-License-Identifier: Apache-2.0
# The toolchain of the preset portable-s390x.
set(cni_c_cpu s390x)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
# The linker would leave relocations with the name of a symbol, which the start of a static executable does not apply.
set(CMAKE_EXE_LINKER_FLAGS_INIT -Wl,--exclude-libs,ALL)
