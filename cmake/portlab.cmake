# Boost, the warnings, and the two kinds of target that this project is made of.

set(portlab_boost_hint
    "Portlab needs Boost 1.81 or newer, with program_options, json and url. On Debian 12: \
apt-get install libboost1.81-dev libboost-program-options1.81-dev libboost-json1.81-dev \
libboost-url1.81-dev (and libboost-test1.81-dev for the tests). ./labs/start does that for you.")
find_package(Boost 1.81 QUIET COMPONENTS program_options json url)
if(NOT Boost_FOUND)
  message(FATAL_ERROR "${portlab_boost_hint}\n(CMake says: Boost ${Boost_VERSION_STRING} found, "
                      "${Boost_REASON_FAILURE})")
endif()
find_package(Threads REQUIRED)

add_library(portlab_flags INTERFACE)
target_compile_features(portlab_flags INTERFACE cxx_std_20)
# -Wno-mismatched-new-delete: g++ 12 reports Asio's recycling allocator falsely at -O1.
# Its other false alarms are about "'" + std::string once that is inlined (GCC bug 105651): they are off where we optimise,
# and on in the dev preset, where warnings are errors.
target_compile_options(portlab_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wconversion
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(portlab_flags INTERFACE $<$<CONFIG:Release>:-Wno-restrict
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-dangling-pointer>)
endif()
target_compile_definitions(portlab_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY)

target_include_directories(portlab_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_include_directories(portlab_flags SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(portlab_flags INTERFACE Threads::Threads)

# Asio's headers take a second and a half in each of a hundred files: precompiled, they take none.
option(PORTLAB_PRECOMPILE "Precompile the headers that most files need" ON)
if(PORTLAB_PRECOMPILE)
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "")
  add_library(portlab_precompiled STATIC ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(portlab_precompiled PUBLIC portlab_flags Boost::json)
  target_precompile_headers(portlab_precompiled PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)
endif()

# portlab_library(NAME SOURCES a.cpp … LINKS target …)
function(portlab_library name)
  cmake_parse_arguments(arg "NOT_PRECOMPILED" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC portlab_flags ${arg_LINKS})
  if(TARGET portlab_precompiled AND NOT arg_NOT_PRECOMPILED)
    target_precompile_headers(${name} REUSE_FROM portlab_precompiled)
  endif()
endfunction()

# portlab_test(NAME SOURCES a_test.cpp … LINKS target …): one Boost.Test program, one line of ctest's summary.
function(portlab_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE portlab_flags portlab_test_main portlab_common ${arg_LINKS})
  if(TARGET portlab_precompiled)
    target_precompile_headers(${name} REUSE_FROM portlab_precompiled)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  # Signals are the sanitizers' and the debugger's: Boost.Test's own handlers confuse them.
  set_tests_properties(${name} PROPERTIES TIMEOUT 120
    ENVIRONMENT "BOOST_TEST_CATCH_SYSTEM_ERRORS=no;BOOST_TEST_COLOR_OUTPUT=no")
endfunction()

# portlab_python_test(NAME FILE): an end-to-end test in Python's standard library, with the two programs.
function(portlab_python_test name file)
  find_program(PORTLAB_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
  add_test(NAME ${name}
           COMMAND ${PORTLAB_PYTHON} -B -m unittest -v ${CMAKE_CURRENT_SOURCE_DIR}/${file}
           WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "PORTLABD=$<TARGET_FILE:portlabd>;PORTLAB=$<TARGET_FILE:portlab>;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support")
endfunction()
