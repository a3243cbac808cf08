# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed where, and the Debian package made of it (tools/package.sh).
include(GNUInstallDirs)

install(TARGETS patchcord RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY phone/dist/ DESTINATION ${CMAKE_INSTALL_DATADIR}/patchcord/page)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN "decisions" EXCLUDE)
install(FILES packaging/patchcord.service DESTINATION /lib/systemd/system)
install(FILES packaging/patchcord.yaml DESTINATION /etc/patchcord)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME patchcord)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Patchcord developers <patchcord@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "gateway from web pages to telephones")
set(CPACK_PACKAGE_DESCRIPTION "A browser speaks WebRTC to it, it speaks SIP and RTP to a SIP server.\nIt brings a page to telephone with, and an SDK for pages of your own.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/packaging/conffiles;${CMAKE_SOURCE_DIR}/packaging/postinst;${CMAKE_SOURCE_DIR}/packaging/prerm)
include(CPack)
