# Makes what is installed and made from the executable's tables: manual pages, completions; and the changelog.
# cmake -DHARNESS=… -DMADE=folder -DSOURCE=. -DNAME=… -DVERSION=… -P package_files.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "failed: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE ${MADE})
file(MAKE_DIRECTORY ${MADE}/man1)
run(${HARNESS} man --all ${MADE}/man1)
file(COPY ${SOURCE}/ci/debian/cluster-node.1 DESTINATION ${MADE}/man1)
foreach(shell bash zsh fish)
  execute_process(COMMAND ${HARNESS} completion ${shell} OUTPUT_FILE ${MADE}/harness.${shell} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "harness completion ${shell} failed")
  endif()
endforeach()

execute_process(COMMAND git -C ${SOURCE} log -1 "--format=%h%n%aD" OUTPUT_VARIABLE commit ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
if(failed)
  set(commit "an archive\nThu, 01 Jan 2026 00:00:00 +0000")
endif()
string(REPLACE "\n" ";" commit "${commit}")
list(GET commit 0 revision)
list(GET commit 1 date)
file(WRITE ${MADE}/changelog "${NAME} (${VERSION}) unstable; urgency=medium

  * Built from ${revision}.

 -- The harness authors <harness@example.org>  ${date}
")
file(GLOB pages ${MADE}/man1/*.1)
run(gzip -9n ${MADE}/changelog ${pages})
file(TOUCH ${MADE}/stamp)
