#include "checkers/objects/queue.h"

#include <unordered_map>

#include "checkers/objects/life.h"

namespace harness {
namespace {

class QueueObject : public LifeObject {
 public:
  explicit QueueObject(const History& history) : LifeObject(history) { words_.ordered = true; }

  bool takes(const Operation& op) const override {
    return op.key != kNoKey && (op.function == Function::kEnqueue || op.function == Function::kDequeue);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == Function::kEnqueue) {
      effects.writes.push_back(birth(op, element_of(op.argument)));
      return;
    }
    if (op.outcome != Outcome::kOk) return;
    effects.observes = true;
    if (op.result.is_nil()) {
      effects.looks.push_back({});
      return;
    }
    effects.sees.push_back(birth(op, element_of(op.result)));
    effects.writes.push_back(death(op, effects.sees.front()));
  }

 protected:
  virtual Value element_of(Value told) const { return told; }

 private:
  Token removes(const Operation& op) override {
    if (op.function != Function::kDequeue) return kNothing;
    if (op.outcome != Outcome::kOk) return kAnyToken;
    return op.result.is_nil() ? kNothing : birth(op, element_of(op.result));
  }
};

/// What a consumer group of a stream was given as new. Acknowledgements, and what is taken over, are judged
/// apart.
class StreamGroupObject final : public QueueObject {
 public:
  using QueueObject::QueueObject;
  bool takes(const Operation& op) const override {
    return QueueObject::takes(op) || op.function == Function::kAck || op.function == Function::kReclaim;
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (QueueObject::takes(op)) QueueObject::read(op, effects);
  }

 private:
  Value element_of(Value told) const override {
    if (told.kind() != Value::Kind::kList) return told;
    const auto pair = history_.values.as_list(told);
    return pair.empty() ? told : pair[0];
  }
};

class PriorityQueueObject final : public QueueObject {
 public:
  explicit PriorityQueueObject(const History& history) : QueueObject(history) {
    words_.ordered = false;
    words_.rank = [this](Token token) {
      const auto found = ranks_.find(token);
      return found == ranks_.end() ? 0.0 : static_cast<double>(found->second);
    };
  }
  void prepare(const Operation& op) override {
    QueueObject::prepare(op);
    if (op.function != Function::kEnqueue || op.argument.kind() != Value::Kind::kList) return;
    const auto pair = history_.values.as_list(op.argument);
    if (pair.size() == 2 && pair[1].is_integer()) ranks_[birth(op, pair[0])] = pair[1].as_integer();
  }

 protected:
  Value element_of(Value told) const override {
    if (told.kind() != Value::Kind::kList) return told;
    const auto pair = history_.values.as_list(told);
    return pair.empty() ? told : pair[0];
  }

 private:
  std::unordered_map<Token, std::int64_t> ranks_;
};

}  // namespace

std::unique_ptr<Object> make_queue_object(const History& history) {
  return std::make_unique<QueueObject>(history);
}

std::unique_ptr<Object> make_stream_group_object(const History& history) {
  return std::make_unique<StreamGroupObject>(history);
}

std::unique_ptr<Object> make_priority_queue_object(const History& history) {
  return std::make_unique<PriorityQueueObject>(history);
}

}  // namespace harness
