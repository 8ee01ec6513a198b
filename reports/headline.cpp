#include "reports/headline.h"

#include <algorithm>

#include "harness/core/anomaly_kind.h"

namespace harness::reporting {
namespace {

/// {key} and {node} stand for the anomaly's.
struct Sentence {
  AnomalyKind type;
  std::string_view text;
};
constexpr Sentence kSentences[] = {
    {"not-linearizable-in-term", "{node} answered for {key} what no order of the operations explains"},
    {"not-linearizable-across-move", "{key} was not the same before and after its slot moved"},
    {"not-linearizable", "No order of the operations on {key} explains what clients saw"},
    {"torn-transaction", "Only a part of what belongs together took effect on {key}"},
    {"lost-inherited", "{node} lost what it had inherited of {key}"},
    {"impossible-start", "{node} began with a state of {key} that its predecessor never had"},
    {"foreign-write", "{node} shows a write of {key} that another shard was given"},
    {"hole-in-loss", "An acknowledged write of {key} was lost, while later ones survived"},
    {"lost-write-outside-window", "An acknowledged write of {key} was lost"},
    {"stale-read-outside-window", "An old value of {key} was read"},
    {"lost-in-migration", "{key} was lost while its slot moved"},
    {"resurrected-write", "A lost write of {key} came back"},
    {"failed-write-read", "A write of {key} that was refused was read"},
    {"never-written", "{key} was read with a value that nobody wrote"},
    {"read-before-write", "{key} was read with a value before anybody wrote it"},
    {"answered-by-replica", "{node} answered for {key} as a master, and was a replica"},
    {"minority-write", "{node} went on accepting writes on the minority side"},
    {"taken-twice", "An element of {key} was given out twice"},
    {"overtaken", "An element of {key} was overtaken by a later one"},
    {"key-at-both", "{node} served {key}, which it had sent away with its slot"},
    {"wrong-answer-for-slot", "{node} did not answer for {key} as the state of its slot asks for"},
    {"received-twice", "A message of {key} came twice to a subscription at {node}"},
    {"never-published", "A message of {key} came that nobody had published"},
    {"failed-publish-received", "A message of {key} came whose publishing was refused"},
    {"received-before-published", "A message of {key} came before it was sent"},
    {"message-overtaken", "A message of {key} was overtaken by a later one"},
    {"message-lost", "A message of {key} never came to a subscription, and nothing had happened"},
    {"subscription-died", "A subscription to {key} at {node} ended, and nothing had happened"},
    {"two-holders", "Two clients held the lock {key} at once"},
    {"lives-on", "{key} lived on after its time"},
    {"untrue-wait", "WAIT counted replicas that did not have the write of {key}"},
    {"replica-went-back", "A replica, {node}, went back to an older value of {key}"},
    {"crossslot-accepted", "A command over several slots was carried out"},
    {"replica-stuck", "{node} has missed a part of its master's stream"},
    {"key-count-differs", "{node} has another number of keys than its master, at the same offset"},
    {"transaction-taken-apart", "Transactions came to {node} without their beginning and end"},
    {"acknowledged-beyond-stream", "A replica of {node} has acknowledged more than there is"},
    {"blocked-beside-element", "A client waited for {key} in vain beside an element"},
    {"answered-otherwise", "A command on {key}, which nobody else uses, was answered wrongly"},
    {"state-differs", "{key} holds something else than its transaction left"},
    {"waited-elsewhere", "{node} let a client wait for {key}, which it serves no more"},
    {"unanswered-at-replica", "{node} left a client without an answer, although a replica redirects at once"},
    {"redirected-in-circles", "Nobody served a key in the end: one node named the other"},
    {"gossiped-otherwise", "{node} told the others of failures that it did not believe in"},
    {"migrated-too-early", "{node} left its master for one that still had a replica"},
    {"migrated-below-barrier", "{node} left its master without the replicas it is to keep"},
    {"migrated-to-unorphaned", "{node} left its master for one that is not meant to have replicas"},
    {"kept-blocked-at-demotion",
     "A client that waited for {key} was not told that its master became a replica"},
    {"subscription-kept", "{node} kept a subscription to {key}, which is another shard's now"},
    {"notice-lost", "A client was never told that a key of {key} had changed"},
    {"executed-after-refusal", "EXEC carried out a transaction on {key} of which a command had been refused"},
    {"resync-refused", "{node} did not know the stream that it had replicated"},
    {"acknowledged-too-little", "{node} shows less of its replica's stream than that had"},
    {"replica-differs", "{node} holds another value of {key} than its master"},
    {"reload-differs", "{node}'s files give another value of {key} than it held"},
    {"expiry-differs", "{node} has another time of expiry for {key}"},
    {"final-read-differs", "The last read of {key} is not what {node} holds"},
    {"misplaced-key", "{node} holds {key}, whose slot it does not serve"},
    {"slow-failover", "{node} took over too late"},
    {"no-failover", "Nobody took the place of {node}"},
    {"needless-failover", "{node} was replaced although it was well"},
    {"failed-without-majority", "{node} declared another node failed without a majority"},
    {"suspected-too-early", "{node} took another node for failing before its time"},
    {"fail-cleared-early", "{node} took a failed master back before its time"},
    {"voted-for-stale-claim", "{node} voted for a replica with an old idea of its master"},
    {"failure-not-told", "{node} found that a quorum calls a node failed, and told nobody"},
    {"election-too-late", "{node} asked for votes long after its turn"},
    {"election-asked-again", "{node} asked for votes twice in one election"},
    {"offset-understated", "{node} asked for votes with less of the stream than it had"},
    {"slots-unavailable", "Slots could not be written for too long"},
    {"voted-twice", "{node} voted twice in one epoch"},
    {"voted-for-old-epoch", "{node} voted for an epoch that was over"},
    {"vote-without-failure", "{node} voted against a master that it did not have as failed"},
    {"won-without-majority", "{node} won an election without a majority"},
    {"votes-too-close", "{node} voted twice about one master, too soon"},
    {"epoch-won-twice", "Two replicas won elections with one epoch"},
    {"current-epoch-went-back", "{node} forgot its current epoch"},
    {"config-epoch-went-back", "{node} forgot its config epoch"},
    {"imported-without-epoch", "{node} took a slot over without a greater config epoch"},
    {"old-master-not-demoted", "The old master {node} was not demoted"},
    {"master-without-replica", "{node} ended without a replica"},
    {"slot-uncovered-at-end", "Slots had no owner in the end, by {node}"},
    {"slot-owner-disputed", "The nodes did not agree on the owner of slots in the end"},
    {"two-owners", "Two masters owned one slot in the end"},
    {"served-while-down", "{node} answered a client while it called the cluster down"},
    {"ok-without-coverage", "{node} called the cluster ok although slots had no owner"},
    {"cluster-down-at-end", "{node} had the cluster as down in the end"},
    {"negative-balance", "A balance of {key} fell below zero"},
    {"impossible-balance", "The balances of {key} are not what the transfers make them"},
    {"acknowledged-entry-again", "An entry of {key} that was acknowledged came again"},
    {"lost-durable-write", "{node} came back without a write of {key} that its disk was to keep"},
    {"group-differs", "{node} has another state of a consumer group of {key}"},
    {"consumer-differs", "{node} has other consumers of a group of {key}"},
    {"stream-count-differs", "{node} counts the entries of {key} otherwise"},
    {"functions-differ", "{node} has other functions than its master"},
    {"epoch-collision", "Two masters had one config epoch, and it stayed so"},
    {"epoch-disputed", "The nodes did not agree on the config epoch of {node} in the end"},
    {"shared-config-epoch", "{node} shared its config epoch with another master in the end"},
    {"old-master-elsewhere", "The old master {node} follows another than its heir"},
    {"master-without-slots", "{node} ended as a master without slots"},
    {"replica-of-no-master", "{node} ended as a replica of a node that is no master"},
    {"role-disputed", "The nodes did not agree on the role of {node} in the end"},
    {"link-down", "{node}'s link to its master was down in the end"},
    {"slots-disputed", "The nodes did not agree on the slots of {node} in the end"},
    {"thought-failing", "{node} was well, and others had it as failing in the end"},
    {"node-missing", "{node} was not in the cluster in the end"},
    {"slots-uncovered", "Slots were not seen to be served for a time"},
    {"slots-disagree", "{node} told different owners of slots in one answer and another"},
    {"replica-not-listed", "{node} left a replica out of what it tells clients"},
    {"replica-elsewhere", "{node} told clients of a replica at the wrong shard"},
    {"unknown-node-shown", "{node} told clients of a node that it does not know"},
    {"addresses-disagree", "{node} told two addresses of one node"},
    {"roles-disagree", "{node} told two roles of one node"},
    {"shard-without-slots", "{node} told of a shard without its slots"},
    {"shard-slots-disagree", "{node} told other slots of a shard in one answer than in another"},
    {"info-disagrees", "{node} counts the cluster otherwise in INFO than in NODES"},
    {"state-disagrees", "{node} told two states of the cluster"},
    {"nodes-disagree", "{node} did not describe the cluster as the others do in the end"},
    {"view-lacks-itself", "{node} does not list itself"},
    {"failed-master-apart", "{node} shows a failed master apart from its shard"},
    {"masters-missing", "Fewer masters served slots in the end than were meant to"},
    {"unknown-node", "{node} did not know a member of the cluster in the end"},
    {"member-missing", "{node} did not list a node that is meant to belong to the cluster"},
    {"stranger-listed", "{node} listed a node that is not meant to belong to the cluster"},
    {"slots-elsewhere", "{node} served slots that are not meant for its shard"},
    {"open-slot", "{node} had a slot open in the end that nothing had moved"},
    {"shard-membership", "{node} told clients of a node in more shards or fewer than one"},
    {"clusterdown-while-ok", "{node} said CLUSTERDOWN while it called the cluster's state ok"},
    {"readonly-master", "{node} said READONLY while it was a master"},
    {"crossslot-of-one-slot", "{node} said CROSSSLOT of keys that are all of one slot"},
    {"redirected-by-wrong-slot", "{node} redirected a client by another slot than its key's"},
    {"redirected-elsewhere", "{node} redirected a client to a node that does not serve the slot either"},
    {"redirected-to-itself", "{node} redirected a client to itself"},
    {"redirected-to-nowhere", "{node} redirected a client to an address that no node ever had"},
    {"election-in-old-epoch", "{node} asked for votes in an epoch that was over"},
    {"election-too-early", "{node} asked for votes sooner than it may"},
    {"rank-ignored", "{node} took itself for the first in rank, and another replica had more of the stream"},
    {"served-in-quarantine", "{node} served as a master too soon after it came back"},
    {"vote-not-saved", "{node} voted and did not save it"},
    {"voted-twice-on-bus", "{node} voted twice in one epoch"},
    {"won-without-majority-on-bus", "{node} won an election without a majority"},
    {"lost-link-told-up", "{node} called the link to its master up long after that had ended"},
    {"resync-beyond-fork", "{node} let a replica go on with what was not its own stream"},
    {"resync-of-foreign-stream", "{node} let a replica go on with a stream that was never its own"},
    {"corrupt-stream", "{node} could not carry out what it read of its master's stream"},
    {"handover-timed-out", "{node} did not take over by hand, and nothing was in the way"},
    {"wrote-during-handover", "{node} went on accepting writes while it handed over"},
    {"stuck-client", "{node} left a client waiting past the time it had given"},
    {"unexpected-exit", "{node} ended, and nobody had asked it to"},
};

/// What models of histories find, whose names are those of the literature (Adya's and Elle's among them).
struct ModelSentence {
  std::string_view type;
  std::string_view text;
};
constexpr ModelSentence kModelSentences[] = {
    {"non-linearizable", "No order of the operations on {key} explains what clients saw"},
    {"lost-update", "Two writers began with the same state of {key}, and one's write was lost"},
    {"G0", "Transactions overwrote each other in a circle"},
    {"G1a", "What a failed transaction had written to {key} was read"},
    {"G1b", "A state of {key} in the midst of a transaction was read"},
    {"G1c", "Transactions saw each other's writes in a circle"},
    {"G-single", "A transaction saw one effect of another and missed a write before it"},
    {"G-nonadjacent", "Transactions saw effects of each other and missed writes before them"},
    {"G2", "Transactions missed each other's writes in a circle"},
    {"G2-item", "Transactions missed each other's writes in a circle"},
    {"internal", "A transaction did not see its own write of {key}"},
    {"dirty-update", "A write to {key} was built on one that had failed"},
    {"incompatible-order", "Two reads of {key} show its elements in different orders"},
    {"contradictory-order", "Two reads of {key} show its elements in different orders"},
    {"incomparable-reads", "Of two reads of {key} each shows what the other misses"},
    {"duplicate-elements", "A read of {key} shows an element twice"},
    {"duplicated-element", "An element of {key} came twice"},
    {"garbage-read", "A read of {key} shows a value that nobody wrote"},
    {"unwritten-read", "A read of {key} shows a value that nobody wrote"},
    {"future-read", "A read of {key} shows what was written after it"},
    {"cyclic-versions", "The versions of {key} follow each other in a circle"},
    {"lost-element", "An element of {key} was acknowledged and lost"},
    {"unexpected-element", "An element of {key} came that nobody had put in"},
    {"phantom-element", "An element of {key} was read that nobody had added"},
    {"failed-add-read", "An element of {key} was read whose adding was refused"},
    {"failed-enqueue-dequeued", "An element of {key} came whose putting in was refused"},
    {"false-empty", "A client was told of an empty queue {key} that held an element"},
    {"out-of-order", "Elements of {key} came in another order than they were put in"},
    {"long-fork", "Two clients saw two writes in opposite orders"},
    {"wrong-total", "The balances do not add up to what was there"},
    {"duplicate-id", "One id was given out twice"},
    {"count-too-high", "A read of {key} counts more than was ever added"},
    {"count-too-low", "A read of {key} counts less than was acknowledged"},
};

/// The table's sentence for the type, without the order that an anomaly of transactions rests on
/// ("G1c-realtime"); empty: it has none.
std::string_view model_sentence(std::string_view type) {
  for (const std::string_view order : {"-realtime", "-process"})
    if (type.ends_with(order)) type.remove_suffix(order.size());
  const auto* known = std::ranges::find(kModelSentences, type, &ModelSentence::type);
  return known == std::end(kModelSentences) ? std::string_view() : known->text;
}

/// False when the text asks for something that is not there.
bool fill(std::string& text, std::string_view placeholder, const std::string& with) {
  const std::size_t at = text.find(placeholder);
  if (at == std::string::npos) return true;
  text.replace(at, placeholder.size(), with);
  return !with.empty();
}

}  // namespace

std::string type_words(std::string_view type) {
  std::string words(type);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

std::string headline(const Anomaly& anomaly) {
  if (!anomaly.headline.empty()) return anomaly.headline;
  const auto* known = std::ranges::find(kSentences, std::string_view(anomaly.type),
                                        [](const Sentence& sentence) { return sentence.type.name(); });
  if (known != std::end(kSentences)) {
    std::string text(known->text);
    const bool whole = fill(text, "{node}", anomaly.node);
    if (fill(text, "{key}", anomaly.key) && whole) return text;
  }
  if (std::string text(model_sentence(anomaly.type)); !text.empty()) {
    if (anomaly.key.empty())
      for (const std::string_view part : {" of {key}", " on {key}", " to {key}", " {key}"})
        if (const std::size_t at = text.find(part); at != std::string::npos) text.erase(at, part.size());
    fill(text, "{key}", anomaly.key);
    return text;
  }
  std::string text = type_words(anomaly.type);
  if (!anomaly.key.empty()) text += " on " + anomaly.key;
  if (!anomaly.node.empty()) text += " (" + anomaly.node + ")";
  return text;
}

}  // namespace harness::reporting
