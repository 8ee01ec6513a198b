// The operations of a history as the page carries them: columns of variable-length integers, which deflate
// presses to a few bytes an operation, and tables for the texts they refer to. reports/page/columns.js reads
// it.
//
// Layout: kColumns columns, each a length in bytes (u32, little endian) and that many bytes of LEB128
// integers, one for each operation in order of invocation:
//   0 invoked    µs since the previous invocation
//   1 latency    µs from invocation to completion, plus 1; 0: never completed
//   2 tag        outcome (0 ok, 1 fail, 2 info) in bits 0-1, function in bits 2-5
//   3 process
//   4 key        id in `keys` plus 1; 0: none
//   5 node       id in `nodes` plus 1; 0: none
//   6 error      id in `errors` plus 1; 0: none
//   7 argument   0: null; odd: an integer, zigzag difference to the last integer seen on this key, times 2,
//   plus 1; 8 result     even: id in `values` plus 1, times 2
#pragma once

#include <string>
#include <vector>

#include "harness/core/history.h"

namespace harness {

inline constexpr int kColumns = 9;

struct PackedOperations {
  std::string bytes;
  std::vector<std::string> values;  // JSON texts of the values that are no small integer
};

PackedOperations pack_operations(const History& history);

}  // namespace harness
