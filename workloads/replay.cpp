#include "workloads/replay.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <set>
#include <unordered_map>

#include "harness/client/pause.h"
#include "harness/core/check.h"
#include "harness/core/path_unit.h"
#include "workloads/answers.h"
#include "workloads/recording.h"

namespace harness {
namespace {

constexpr Parameter kReplayOptions[] = {
    {"file", Parameter::Kind::kText, "a recording of MONITOR; none: a short one of our own", kPathUnit,
     "\"\""},
    {"pace", Parameter::Kind::kNumber,
     "1: as fast as it was recorded, 2: twice as fast; 0: at the load's rate", "", "0", 0, 1e6},
};

Recording recording_of(const std::string& file) {
  if (file.empty()) return parse_recording(sample_recording());
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw UsageError("the recording " + file + " cannot be read");
  return parse_recording(text);
}

class ReplayWorkload final : public Workload {
 public:
  explicit ReplayWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        recording_(recording_of(setup.options.text("file"))),
        pace_(setup.options.number("pace")),
        clients_(recording_.clients),
        next_final_(static_cast<std::size_t>(setup.share)),
        shares_(static_cast<std::size_t>(setup.shares)) {
    for (std::size_t i = 0; i < recording_.commands.size(); ++i)
      clients_[recording_.commands[i].client].commands.push_back(i);
    for (std::size_t client = 0; client < clients_.size(); ++client)
      if (client % static_cast<std::size_t>(setup.shares) == static_cast<std::size_t>(setup.share))
        free_.push_back(client);
    // Each process needs a client to follow: where there are more, they follow the same ones.
    for (std::size_t client = 0; client < clients_.size(); ++client) all_.push_back(client);
    std::set<std::string> keys;
    for (const RecordedCommand& command : recording_.commands)
      if (!command.key.empty()) keys.insert(command.key);
    keys_.assign(keys.begin(), keys.end());
    if (recording_.commands.empty()) throw UsageError("the recording holds no command that can be replayed");
  }

  Operation next(std::int32_t process, Prng& prng) override {
    const auto [known, added] = follows_.try_emplace(process);
    if (added) known->second.client = take_client(prng);
    Follower& follower = known->second;
    const std::vector<std::size_t>& commands = clients_[follower.client].commands;
    if (follower.at == commands.size()) follower.at = 0;
    const std::size_t number = commands[follower.at];
    const auto time = [&](std::size_t command) { return recording_.commands[command].microseconds; };
    follower.gap = follower.at == 0 ? 0 : time(number) - time(commands[follower.at - 1]);
    ++follower.at;
    Operation op;
    op.function = Function::kOther;
    op.key = recorder_.key(recording_.commands[number].key);
    op.argument = Value::integer(static_cast<std::int64_t>(number));
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.argument.is_nil()) return ask_for_type(client, op);
    return send(client, op);
  }

  /// Another process goes on with its client.
  void retired(std::int32_t process) override {
    if (const auto known = follows_.find(process); known != follows_.end()) {
      free_.push_front(known->second.client);
      follows_.erase(known);
    }
  }

  /// Each key of the recording is asked for its type; the shares deal them.
  std::optional<Operation> next_final(const FinalTurn&) override {
    if (next_final_ >= keys_.size()) return std::nullopt;
    Operation op;
    op.function = Function::kOther;
    op.key = recorder_.key(keys_[next_final_]);
    next_final_ += shares_;
    return op;
  }

 private:
  Task<Operation> ask_for_type(Client& client, Operation op) {
    const std::string key = recorder_.key_text(op.key);
    const std::string_view command[] = {"TYPE", key};
    take_answer(op, co_await client.command(key, command), recorder_);
    co_return op;
  }

  Task<Operation> send(Client& client, Operation op) {
    const RecordedCommand& command = recording_.commands[static_cast<std::size_t>(op.argument.as_integer())];
    if (pace_ > 0) co_await own_time(client.group().context(), op);
    std::vector<std::string_view> words(command.words.begin(), command.words.end());
    take_answer(op, co_await client.command(command.key, words), recorder_);
    co_return op;
  }

  struct Recorded {
    std::vector<std::size_t> commands;  // numbers in the recording
  };
  struct Follower {
    std::size_t client = 0;
    std::size_t at = 0;
    std::int64_t gap = 0;  // before the command that was offered last, in microseconds
  };

  std::size_t take_client(Prng& prng) {
    if (free_.empty()) return all_[prng.below(all_.size())];
    const std::size_t client = free_.front();
    free_.pop_front();
    return client;
  }

  /// As long after the client's command before as in the recording, but no longer than a second: a load ends.
  Task<void> own_time(boost::asio::io_context& context, const Operation& op) {
    const auto follower = follows_.find(op.process);
    if (follower == follows_.end()) co_return;
    const double wait = std::min(static_cast<double>(follower->second.gap) / pace_, 1e6);
    co_await pause_for(context, std::chrono::microseconds(static_cast<std::int64_t>(wait)));
  }

  Recorder& recorder_;
  Recording recording_;
  double pace_;
  std::vector<Recorded> clients_;
  std::vector<std::string> keys_;
  std::size_t next_final_;
  std::size_t shares_;
  std::deque<std::size_t> free_;  // recorded clients that no process follows
  std::vector<std::size_t> all_;
  std::unordered_map<std::int32_t, Follower> follows_;  // by process
};

}  // namespace

std::span<const Parameter> replay_options() {
  return kReplayOptions;
}

std::unique_ptr<Workload> make_replay_workload(const WorkloadSetup& setup) {
  return std::make_unique<ReplayWorkload>(setup);
}

}  // namespace harness
