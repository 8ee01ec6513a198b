#include "ci/test_paths.h"

std::string source_dir() {
  return SOURCE_DIR;
}

std::string build_dir() {
  return BUILD_DIR;
}
