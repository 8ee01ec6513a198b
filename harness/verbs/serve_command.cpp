#include "harness/verbs/serve_command.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"
#include "harness/run/interrupt.h"
#include "harness/serve/web_server.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/diff_command.h"
#include "harness/verbs/trend_command.h"

namespace harness {
namespace {

/// The server's own thread; it ends with the scope.
class Running {
 public:
  explicit Running(WebServer& server) : server_(server), thread_([&server] { server.run(); }) {}
  ~Running() {
    server_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  WebServer& server_;
  std::thread thread_;
};

}  // namespace

int serve_command(int argc, const char* const* argv) {
  CLI::App app("the stored runs, suites, audits and the trend in a browser", "serve");
  std::string store = "store";
  WebOptions options;
  app.add_option("--store", store, "where runs are kept")->capture_default_str();
  app.add_option("--port", options.port, "0: any that is free")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  app.add_option("--listen", options.address,
                 "an address of this machine; others than loopback show the store to whoever reaches it")
      ->capture_default_str();
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  if (!std::filesystem::is_directory(store))
    throw EnvironmentError("there is no store at " + store +
                           ": run something first, or say where with --store");
  options.store = store;
  options.base = trend_file(store);
  options.difference = [store](const std::string& before, const std::string& after) {
    return diff_text(store, before, after);
  };
  catch_interrupts();
  WebServer server(options);
  const bool six = options.address.find(':') != std::string::npos;
  std::cout << "http://" + (six ? "[" + options.address + "]" : options.address) + ":" +
                   std::to_string(server.port()) + "/   Ctrl-C ends it\n"
            << std::flush;
  const Running running(server);
  while (interrupted_by() == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // a signal's flag is looked at
  return kExitPass;
}

}  // namespace harness
