// Stored runs, suites, audits and trends in a browser. Listens on loopback unless told, gives only what lies
// in the store, and changes nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace harness {

struct WebOptions {
  std::filesystem::path store;
  std::filesystem::path base;  // the trend's file
  std::string address = "127.0.0.1";
  int port = 8377;  // 0: any that is free
  /// Two runs side by side, as text, by their ids. May throw UsageError and EnvironmentError.
  std::function<std::string(const std::string& before, const std::string& after)> difference;
};

class WebServer {
 public:
  /// Binds. Throws EnvironmentError when the address cannot be had, UsageError when it is none.
  explicit WebServer(WebOptions options);
  ~WebServer();  // stops
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  int port() const { return port_; }
  /// Serves until stop() is called from another thread.
  void run();
  void stop();

 private:
  class Site;
  std::unique_ptr<Site> site_;
  int port_ = 0;
};

}  // namespace harness
