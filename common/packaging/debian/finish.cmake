# Run by CPack on the folder that it packs: what Debian's policy asks for besides `cmake --install`.
set(share ${CPACK_TEMPORARY_DIRECTORY}/usr/share)

# zsh of Debian reads the functions of packages here.
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)

file(COPY ${CPACK_PORTLAB_DEBIAN_FILES}/copyright ${CPACK_PORTLAB_DEBIAN_FILES}/changelog
     DESTINATION ${share}/doc/portlab FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(GLOB pages ${share}/man/man1/*.1)
execute_process(COMMAND gzip -9 --no-name ${pages} ${share}/doc/portlab/changelog
                COMMAND_ERROR_IS_FATAL ANY)
