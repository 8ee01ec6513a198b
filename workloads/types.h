// Commands of every type, each line of them one transaction on keys of its own (workloads/type_lines.h):
// every answer is known beforehand, and what they left stays until the end. Reveals commands that answer
// otherwise, that replicas, files and other masters carry out otherwise, and times to live that are lost.
//
// In the history (key: the tag of a line's keys):
//   write  number -> the number; [number, a text]: a command was answered otherwise than it must be
//   read   nil -> the number: the keys hold what the line left; nil: there are none; [texts]: what is there
//          otherwise
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> types_options();
std::unique_ptr<Workload> make_types_workload(const WorkloadSetup& setup);

}  // namespace harness
