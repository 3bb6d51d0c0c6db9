#include "servers/daemon/control_service.hpp"

#include <utility>

#include "servers/daemon/listen_advice.hpp"

namespace portlab {

namespace {

using Change = ListenResult<std::vector<Endpoint>> (Core::*)(const ListenSpec&);

std::string join(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const auto& endpoint : endpoints) text += (text.empty() ? "" : ", ") + endpoint.to_string();
  return text;
}

class Control final : public StreamService {
 public:
  Control(Core& core, std::uint32_t owner, std::function<ServerStatus()> status)
      : core_(core), owner_(owner), status_(std::move(status)) {}

  Task<void> serve(Connection& client) override {
    // The socket file's mode keeps others out; this holds even where somebody loosened it.
    const auto user = client.peer_user_id();
    if (!user || (*user != 0 && *user != owner_)) {
      const auto no = control_error_line("this control socket is its owner's alone");
      co_await client.write(no);
      co_return;
    }
    for (;;) {
      client.start_idle_timeout();
      const auto line = co_await client.read_line(control_request_bytes_max);
      if (!line) co_return;
      if (line->size() > control_request_bytes_max) {
        const auto no = control_error_line("a request has at most 4096 bytes");
        co_await client.write(no);
        co_return;
      }
      const auto request = parse_control_request(*line);
      if (!request) {
        const auto no = control_error_line(request.error().text);
        co_await client.write(no);
        continue;
      }
      client.note(to_string(request->command));
      const auto reply = co_await answer(*request);
      // Before the words, which may find nobody any more; it takes effect after them.
      if (request->command == ControlCommand::stop) core_.stop();
      co_await client.write(reply);
    }
  }

 private:
  Task<std::string> answer(ControlRequest request) {
    switch (request.command) {
      case ControlCommand::listeners:
        co_return control_listeners_line(core_.listeners(), status_().confinement);
      case ControlCommand::sessions: {
        const auto rows = co_await core_.sessions();
        co_return control_sessions_line(rows);
      }
      case ControlCommand::listen:
        co_return change(&Core::listen, request, "now listening: ");
      case ControlCommand::close:
        co_return change(&Core::close, request, "closed (its sessions live on): ");
      case ControlCommand::move:
        co_return change(&Core::move, request, "moved to: ");
      case ControlCommand::stop:
        co_return control_done_line("stopping: sessions that run have 5 s to finish");
      case ControlCommand::status: {
        auto status = status_();
        status.workers = core_.workers();
        co_return control_status_line(status);
      }
    }
    co_return control_error_line("this server does not know that command");
  }

  std::string change(Change what, const ControlRequest& request, const std::string& done) {
    const auto spec = parse_listen_spec(request.argument);
    if (!spec) return control_error_line(spec.error().text);
    if (spec->service == control_service_name)
      return control_error_line("the control socket itself stays where it is");
    const auto endpoints = (core_.*what)(*spec);
    if (!endpoints) return control_error_line(listen_problem_line(endpoints.error()));
    return control_done_line(done + join(*endpoints), core_.listeners());
  }

  Core& core_;
  const std::uint32_t owner_;
  const std::function<ServerStatus()> status_;
};

}  // namespace

Service make_control_service(Core& core, std::uint32_t owner,
                             std::function<ServerStatus()> status) {
  return {{control_service_name, 0, "Portlab", true},
          std::make_unique<Control>(core, owner, std::move(status)),
          nullptr};
}

}  // namespace portlab
