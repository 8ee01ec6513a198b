// What the faults that damage files share: the node ends, its file is changed while it is down, and it starts
// again with that file.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "harness/faults/common/fault.h"
#include "harness/faults/disk/data_files.h"

namespace harness {

/// A node that is to end, or to answer after its start, has so long for it.
inline constexpr std::chrono::seconds kEndPatience(30);
inline constexpr std::chrono::seconds kStartPatience(60);

inline constexpr std::string_view kStopWords[] = {"kill", "terminate"};

inline constexpr Parameter kDamagedFile{.name = "file",
                                        .kind = Parameter::Kind::kChoice,
                                        .description =
                                            "which of the node's files; of an append-only file the "
                                            "part that is being written",
                                        .unit = "",
                                        .fallback = "\"aof\"",
                                        .choices = kDataFileWords};
inline constexpr Parameter kDamagedPlace{
    .name = "place",
    .kind = Parameter::Kind::kText,
    .description =
        "last-record (its middle; of other files the middle of the last line), inside-multi (the "
        "middle of the last command of the last transaction), or end-N (N bytes before the end)",
    .unit = "",
    .fallback = "\"last-record\""};
inline constexpr Parameter kDamagedOffset{.name = "offset",
                                          .kind = Parameter::Kind::kInteger,
                                          .description = "a byte of the file, instead of a place",
                                          .unit = "bytes",
                                          .fallback = "null"};
inline constexpr Parameter kDamageStop{.name = "stop",
                                       .kind = Parameter::Kind::kChoice,
                                       .description = "how a node that runs is ended before",
                                       .unit = "",
                                       .fallback = "\"kill\"",
                                       .choices = kStopWords};
inline constexpr Parameter kDamageRestart{.name = "restart",
                                          .kind = Parameter::Kind::kFlag,
                                          .description = "start the node again; else it stays down",
                                          .unit = "",
                                          .fallback = "true"};
inline constexpr Parameter kDamageMend{.name = "mend",
                                       .kind = Parameter::Kind::kFlag,
                                       .description =
                                           "if the server refuses the file, put it back whole and "
                                           "start it again",
                                       .unit = "",
                                       .fallback = "true"};

/// Why the file can have no such place whatever it holds; empty: it may have it.
std::string problem_with_place(const Parameters& with);

/// What a fault does to the bytes of the file. The text says what was done ("cut at 1200"); with an empty
/// one, `problem` says why it could not be.
using Damage = std::function<std::string(std::string& bytes, std::string& problem)>;

/// The byte of the file that the request's place or offset means; nothing, with the reason, when the file has
/// no such place.
std::optional<std::size_t> damage_place(const FaultRequest& request, std::string_view bytes,
                                        std::string& problem);

/// Ends the node (unless it is down already), damages the file, verifies by reading it that it changed, and
/// starts the node again. Evidence: sizes and hashes before and after, records lost, what the server made
/// of it. A server that refuses the file has done nothing wrong. REQUIRES: the request has `file`, `stop`,
/// `restart` and `mend`.
void damage_file(FaultContext& context, const FaultRequest& request, FaultRecord& record,
                 const Damage& damage);
/// The same of a node that is aimed at already.
void damage_file_of(Node& node, FaultContext& context, const FaultRequest& request, FaultRecord& record,
                    const Damage& damage);

}  // namespace harness
