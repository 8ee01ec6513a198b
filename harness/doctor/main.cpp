// The doctor by itself, for work on it: the product's way in is `harness doctor`.
#include <iostream>
#include <string_view>

#include "harness/doctor_command.h"

int main(int argc, char** argv) {
  harness::DoctorOptions options;
  options.json = argc > 1 && std::string_view(argv[1]) == "--json";
  return harness::doctor_command(options, std::cout);
}
