# SPDX-License-Identifier: GPL-3.0-or-later
# One interface target, patchcord_flags, carries the warnings every room is compiled with.
add_library(patchcord_flags INTERFACE)
target_compile_options(patchcord_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
if(PATCHCORD_STRICT)
  target_compile_options(patchcord_flags INTERFACE -Werror)
endif()
target_compile_definitions(patchcord_flags INTERFACE PATCHCORD_VERSION="${PROJECT_VERSION}")
target_include_directories(patchcord_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
