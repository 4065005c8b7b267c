# SPDX-License-Identifier: Apache-2.0
# Sets the tools for the processor cni_c_cpu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${cni_c_cpu})
set(CMAKE_C_COMPILER ${CMAKE_CURRENT_LIST_DIR}/${cni_c_cpu}-linux-musl-gcc)
foreach(tool IN ITEMS ar ranlib strip objcopy objdump nm readelf)
  string(TOUPPER ${tool} name)
  set(CMAKE_${name} ${cni_c_cpu}-linux-gnu-${tool})
endforeach()
set(CMAKE_LINKER ${cni_c_cpu}-linux-gnu-ld)
