# cmake -D PORTLAB=PROGRAM -D PORTLABD=PROGRAM -D FOLDER=FOLDER -P pages.cmake
# The programs write their manual pages, and the example of portlabd's configuration, from the tables of
# --help. FOLDER gets man/man1/*.1 and portlabd.conf.
cmake_minimum_required(VERSION 3.22)

function(write file)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${FOLDER}/${file} "${text}")
endfunction()

file(REMOVE_RECURSE ${FOLDER})
write(portlabd.conf ${PORTLABD} --example-configuration)
write(man/man1/portlabd.1 ${PORTLABD} --manual)
write(man/man1/portlab.1 ${PORTLAB} --manual)

# The first words that a shell would offer are the commands: a line "NAME<tab>SUMMARY" each.
execute_process(COMMAND ${PORTLAB} --complete "" OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "\t[^\n]*\n" ";" commands "${lines}")
list(REMOVE_ITEM commands "" help)
foreach(command IN LISTS commands)
  write(man/man1/portlab-${command}.1 ${PORTLAB} --manual ${command})
endforeach()
