# SPDX-License-Identifier: GPL-3.0-or-later
# layers.txt is the one list of rooms and of who may see whom. A room is a folder under src/ and one
# target patchcord_<room> that links exactly the rooms named there; tools/check_layers.py reads the
# same file and checks the includes.

function(patchcord_read_layers out_rooms)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/layers.txt)
  file(STRINGS ${CMAKE_SOURCE_DIR}/layers.txt lines REGEX "^[a-z]+:")
  set(rooms)
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+):[ ]*(.*)$" _ "${line}")
    set(room ${CMAKE_MATCH_1})
    string(STRIP "${CMAKE_MATCH_2}" sees)
    string(REPLACE " " ";" sees "${sees}")
    list(APPEND rooms ${room})
    set(sees_${room} "${sees}" PARENT_SCOPE)
  endforeach()
  set(${out_rooms} "${rooms}" PARENT_SCOPE)
endfunction()

# The third-party libraries of a room follow LINK; they stay private to it.
function(patchcord_room room)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(target patchcord_${room})
  list(TRANSFORM sees_${room} PREPEND patchcord_ OUTPUT_VARIABLE depends)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC patchcord_flags ${depends} PRIVATE ${ARG_LINK})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE patchcord_flags ${depends})
  endif()
endfunction()
