/// Error lines that many commands share, worded as redis 7.0.15 words them, since clients match on them.
#pragma once

#include <string_view>

namespace node::error {

inline constexpr std::string_view wrong_type =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view not_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view not_float = "ERR value is not a valid float";
inline constexpr std::string_view not_32_bits =
    "ERR value is out of range, value must between -2147483648 and 2147483647";
inline constexpr std::string_view out_of_range = "ERR value is out of range";
inline constexpr std::string_view positive = "ERR value is out of range, must be positive";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view overflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view index = "ERR index out of range";
inline constexpr std::string_view same_object = "ERR source and destination objects are the same";
inline constexpr std::string_view readonly = "READONLY You can't write against a read only replica.";
inline constexpr std::string_view too_long = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view cursor = "ERR invalid cursor";
inline constexpr std::string_view timeout_negative = "ERR timeout is negative";
inline constexpr std::string_view timeout_not_float = "ERR timeout is not a float or out of range";
inline constexpr std::string_view out_of_memory = "OOM command not allowed when used memory > 'maxmemory'.";

inline constexpr std::string_view lfu_selected =
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
    "policies at runtime LRU and LFU data will take some time to adjust.";
inline constexpr std::string_view lfu_not_selected =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust.";
inline constexpr std::string_view loading = "LOADING Redis is loading the dataset in memory";
inline constexpr std::string_view busy_script =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
inline constexpr std::string_view busy_function =
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
inline constexpr std::string_view not_busy = "NOTBUSY No scripts in execution right now.";
inline constexpr std::string_view unkillable =
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait "
    "the "
    "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";
inline constexpr std::string_view unkillable_master =
    "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be "
    "killed.";

}  // namespace node::error
