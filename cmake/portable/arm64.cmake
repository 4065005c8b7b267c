# SPDX-License-Identifier: Apache-2.0
# The toolchain of the preset portable-arm64.
set(cni_c_cpu aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
