# Writes the commit that is being built into a C++ file, when it is another than the last time:
# cmake -DSOURCE=. -DOUTPUT=commit.cpp -P commit.cmake. Outside a repository, or without git, it stays empty.
cmake_policy(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=10 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
if(failed)
  set(commit "")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT "// Generated at each build.
#include \"harness/verbs/version.h\"

std::string_view harness::built_from_commit() { return \"@commit@\"; }
")
