# SPDX-License-Identifier: Apache-2.0
# cmake -DREADELF=… -DFILE=… -DOUTPUT=… -P build_id.cmake: a header with the build id of an executable.
execute_process(COMMAND ${READELF} --notes ${FILE} OUTPUT_VARIABLE notes COMMAND_ERROR_IS_FATAL ANY)
if(NOT notes MATCHES "Build ID: ([0-9a-f]+)")
  message(FATAL_ERROR "${FILE} has no build id")
endif()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes ${CMAKE_MATCH_1})
file(WRITE ${OUTPUT} "/* Made from the executable's NT_GNU_BUILD_ID. */\n#define HOST_LOCAL_BUILD_ID \"${bytes}\"\n")
