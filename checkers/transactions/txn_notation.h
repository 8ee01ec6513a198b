// For tests: transactional histories in a notation that shows the anomaly at a glance.
//
//   T1: ax1 ay1                 a transaction appends 1 to x and 1 to y
//   T2: rx12 ry[1 10] rz        it reads x as [1 2], y as [1 10] and z as []; for a register, rx_ reads null
//   T3 fail: wx1                it failed; "info": nobody knows
//   T4 p1 @10-20: rx1           by process 1, invoked at 10 ns, completed at 20 ns
//
// Without "p" every transaction has a process of its own; without "@" it runs from 0 to 1000, so that all are
// concurrent.
#pragma once

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/core/history.h"

namespace harness {

struct NotedTxn {
  std::string name;
  int process = 0;
  Outcome outcome = Outcome::kOk;
  Nanos invoked = 0;
  Nanos completed = 1000;
  struct Mop {
    char kind;  // 'a', 'w', 'r'
    std::string key;
    std::vector<std::int64_t> values;
    bool null = false;
  };
  std::vector<Mop> mops;
};

inline NotedTxn::Mop parse_noted_mop(const std::string& text) {
  const auto wrong = [&] { return std::runtime_error("micro-operation " + text); };
  if (text.size() < 2 || (text[0] != 'a' && text[0] != 'w' && text[0] != 'r')) throw wrong();
  NotedTxn::Mop mop{text[0], text.substr(1, 1), {}, false};
  const std::string rest = text.substr(2);
  if (rest == "_") {
    mop.null = true;
  } else if (!rest.empty() && rest[0] == '[') {
    std::istringstream in(rest.substr(1, rest.size() - 2));
    for (std::int64_t value; in >> value;) mop.values.push_back(value);
  } else if (mop.kind == 'r') {
    for (char digit : rest) {
      if (std::isdigit(static_cast<unsigned char>(digit)) == 0) throw wrong();
      mop.values.push_back(digit - '0');
    }
  } else {
    mop.values.push_back(std::stoll(rest));
  }
  return mop;
}

inline NotedTxn parse_noted_txn(const std::string& line, int own_process) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) throw std::runtime_error("no colon in " + line);
  NotedTxn txn;
  txn.process = own_process;
  std::istringstream head(line.substr(0, colon));
  head >> txn.name;
  for (std::string word; head >> word;) {
    if (word == "fail")
      txn.outcome = Outcome::kFail;
    else if (word == "info")
      txn.outcome = Outcome::kInfo;
    else if (word[0] == 'p')
      txn.process = std::stoi(word.substr(1));
    else if (word[0] == '@') {
      const std::size_t dash = word.find('-');
      txn.invoked = std::stoll(word.substr(1, dash - 1));
      txn.completed = std::stoll(word.substr(dash + 1));
    } else
      throw std::runtime_error("mark " + word + " in " + line);
  }
  std::string open;  // a list with blanks in it spans words
  std::istringstream body(line.substr(colon + 1));
  for (std::string word; body >> word;) {
    if (!open.empty()) open += ' ';
    open += word;
    if (open.find('[') != std::string::npos && open.back() != ']') continue;
    txn.mops.push_back(parse_noted_mop(open));
    open.clear();
  }
  return txn;
}

/// The history of these transactions. At one instant, invocations come before completions.
inline History history_of(const std::vector<NotedTxn>& txns, bool lists) {
  struct At {
    Nanos time;
    bool completion;
    std::size_t txn;
  };
  std::vector<At> order;
  for (std::size_t i = 0; i < txns.size(); ++i) {
    order.push_back({txns[i].invoked, false, i});
    order.push_back({txns[i].completed, true, i});
  }
  std::ranges::stable_sort(order, [](const At& a, const At& b) {
    return a.time != b.time ? a.time < b.time : a.completion < b.completion;
  });
  HistoryBuilder builder;
  ValueTable& values = builder.tables().values;
  const auto value_of = [&](const NotedTxn::Mop& mop) {
    if (mop.null) return Value{};
    if (mop.kind != 'r' || !lists) return mop.values.empty() ? Value{} : values.integer(mop.values[0]);
    std::vector<Value> elements;
    for (std::int64_t value : mop.values) elements.push_back(values.integer(value));
    return values.list(elements);
  };
  const auto txn_value = [&](const NotedTxn& txn, bool completion) {
    std::vector<Value> mops;
    for (const NotedTxn::Mop& mop : txn.mops) {
      const char* name = mop.kind == 'a' ? "append" : mop.kind == 'w' ? "w" : "r";
      const Value parts[] = {values.text(name), values.text(mop.key),
                             mop.kind == 'r' && !completion ? Value{} : value_of(mop)};
      mops.push_back(values.list(parts));
    }
    return values.list(mops);
  };
  std::size_t line = 0;
  for (const At& at : order) {
    const NotedTxn& txn = txns[at.txn];
    Event event;
    event.time = at.time;
    event.process = txn.process;
    event.function = Function::kTxn;
    event.type = !at.completion                  ? EventType::kInvoke
                 : txn.outcome == Outcome::kOk   ? EventType::kOk
                 : txn.outcome == Outcome::kFail ? EventType::kFail
                                                 : EventType::kInfo;
    event.value = txn_value(txn, at.completion && txn.outcome == Outcome::kOk);
    builder.add(event, ++line);
  }
  return builder.finish();
}

inline History history_of_lines(const std::vector<std::string>& lines, bool lists) {
  std::vector<NotedTxn> txns;
  for (const std::string& line : lines)
    txns.push_back(parse_noted_txn(line, static_cast<int>(100 + txns.size())));
  return history_of(txns, lists);
}

}  // namespace harness
