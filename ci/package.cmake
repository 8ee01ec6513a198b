# `cmake --install`, and the .deb that `cpack` makes (ci/package does both and tries the result out).
#
#   PREFIX/bin                               harness, cluster-node
#   PREFIX/libexec/redis-cluster-harness     the library that shifts clocks (harness/sandbox/own_files.h finds it)
#   PREFIX/share/redis-cluster-harness       scenarios and suites as files, to copy from: the executable holds them
#   PREFIX/share                             manual pages, completions, documents
set(name redis-cluster-harness)
set(made ${CMAKE_BINARY_DIR}/installed)

# Whatever is made from the tables of the executable, and the changelog. By the target `package-files`, which
# `cmake --build` has in `all`.
add_custom_command(OUTPUT ${made}/stamp
  COMMAND ${CMAKE_COMMAND} -DHARNESS=$<TARGET_FILE:harness> -DMADE=${made} -DSOURCE=${CMAKE_SOURCE_DIR}
          -DNAME=${name} -DVERSION=${PROJECT_VERSION} -P ${CMAKE_SOURCE_DIR}/ci/package_files.cmake
  DEPENDS harness ${CMAKE_SOURCE_DIR}/ci/package_files.cmake ${CMAKE_SOURCE_DIR}/ci/debian/cluster-node.1
  COMMENT "Making manual pages and completions" VERBATIM)
add_custom_target(package-files ALL DEPENDS ${made}/stamp)

include(GNUInstallDirs)
install(TARGETS harness cluster-node RUNTIME DESTINATION bin)
install(TARGETS harness_clock LIBRARY DESTINATION libexec/${name})
foreach(folder scenarios suites)
  install(DIRECTORY ci/${folder} DESTINATION share/${name} FILES_MATCHING PATTERN *.toml)
endforeach()
install(DIRECTORY ${made}/man1 DESTINATION share/man)
install(FILES ${made}/harness.bash DESTINATION share/bash-completion/completions RENAME harness)
install(FILES ${made}/harness.zsh DESTINATION share/zsh/vendor-completions RENAME _harness)
install(FILES ${made}/harness.fish DESTINATION share/fish/vendor_completions.d)
install(FILES README.md harness/FORMATS.md checkers/PROMISES.md workloads/OPERATIONS.md ci/debian/copyright
              ${made}/changelog.gz
        DESTINATION share/doc/${name})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ${name})
set(CPACK_PACKAGE_VENDOR "The harness authors")
set(CPACK_PACKAGE_CONTACT "The harness authors <harness@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "breaks a Redis Cluster on purpose and judges it")
set(CPACK_PACKAGE_DESCRIPTION "Starts a real Redis or Valkey cluster on this machine, as an ordinary user and
without containers, drives clients against it, applies faults (crashes, hangs,
partitions, lossy links, full disks, wrong clocks, resharding), records every
operation, and decides from the record whether the build kept what Redis
Cluster documents. Leaves one self-contained page for each run.
.
Contains a cluster node of its own, with deliberate defects, as the control
group.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "graphviz, redis-server")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "build-essential, dpkg-dev, bash-completion")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
