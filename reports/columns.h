// The operations of a history as the page carries them: columns of variable-length integers, which deflate
// presses to a few bytes an operation. reports/page/columns.js reads them.
//
// Layout: blocks, each a length in bytes (u32, little endian) and that many bytes. First kColumns columns, of
// one LEB128 integer for each operation in order of invocation:
//   0 invoked    µs since the previous invocation
//   1 latency    µs from invocation to completion, plus 1; 0: never completed
//   2 tag        outcome (0 ok, 1 fail, 2 info) in bits 0-1, function in bits 2-5
//   3 process
//   4 key        id in `keys` plus 1; 0: none
//   5 node       id in `nodes` plus 1; 0: none
//   6 error      id in `errors` plus 1; 0: none
//   7 argument   a value
//   8 result     a value
// A value is 0 for null; odd for an integer, its zigzag difference to the last integer seen on this key,
// times 2, plus 1; even for anything else, its id in the table plus 1, times 2. The table is the last block:
// a JSON array of strings, each the JSON text of a value. The names in backquotes are tables of the page's
// data.
#pragma once

#include <string>

#include "harness/core/history.h"

namespace harness::reporting {

inline constexpr int kColumns = 9;

std::string pack_operations(const History& history);

}  // namespace harness::reporting
