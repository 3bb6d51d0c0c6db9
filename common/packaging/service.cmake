# Run by `cmake --install`, which alone knows the prefix: installs the configuration and the unit of
# systemd that names it. With the prefix /usr, the configuration is in /etc.
set(bindir ${CMAKE_INSTALL_PREFIX}/bin)
set(sysconfdir ${CMAKE_INSTALL_PREFIX}/etc)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(sysconfdir /etc)
endif()
string(MD5 id "${CMAKE_INSTALL_PREFIX}")  # two installations at once have a file each
configure_file(${sources}/portlabd.service.in ${build}/${id}/portlabd.service @ONLY)
file(INSTALL ${build}/${id}/portlabd.service DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
file(INSTALL ${build}/pages/portlabd.conf DESTINATION ${sysconfdir}/portlab)
