#include "servers/daemon/control_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "common/system/file_descriptor.hpp"
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
    // The mode of the socket file refuses other users. This check holds when the mode was changed.
    const auto user = client.peer_user_id();
    if (!user || (*user != 0 && *user != owner_)) {
      const auto no =
          control_error_line("only the owner of this control socket and root may use it");
      co_await client.write(no);
      co_return;
    }
    for (;;) {
      client.start_idle_timeout();
      const auto line = co_await client.read_line(control_request_bytes_max);
      if (!line) co_return;
      if (line->size() > control_request_bytes_max) {
        const auto no = control_error_line("a request has at most " +
                                           std::to_string(control_request_bytes_max) + " bytes");
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
      // Before the reply, which fails if the client has closed. It takes effect after the reply.
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
        co_return change(&Core::close, request, "closed (its open sessions continue): ");
      case ControlCommand::move:
        co_return change(&Core::move, request, "moved to: ");
      case ControlCommand::stop:
        co_return control_done_line("stopping: open sessions have 5 s to finish");
      case ControlCommand::status: {
        auto status = status_();
        status.workers = core_.workers();
        co_return control_status_line(status);
      }
    }
    co_return control_error_line("this server has no such command");
  }

  std::string change(Change what, const ControlRequest& request, const std::string& done) {
    const auto spec = parse_listen_spec(request.argument);
    if (!spec) return control_error_line(spec.error().text);
    if (spec->service == control_service_name)
      return control_error_line("the control socket can't be moved or closed while portlabd runs");
    const auto endpoints = (core_.*what)(*spec);
    if (!endpoints) return control_error_line(listen_problem_line(endpoints.error()));
    return control_done_line(done + join(*endpoints), core_.listeners());
  }

  Core& core_;
  const std::uint32_t owner_;
  const std::function<ServerStatus()> status_;
};

/// Changes the owner of a socket file. Only where all its folders are root's: else another user
/// could put another file in its place meanwhile.
bool change_owner(const std::string& path, const User& owner) {
  if (!only_root_can_replace(path)) return false;
  const FileDescriptor socket(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  return socket && ::fstat(socket.get(), &facts) == 0 && S_ISSOCK(facts.st_mode) &&
         ::fchownat(socket.get(), "", owner.id, facts.st_gid, AT_EMPTY_PATH) == 0;
}

}  // namespace

Service make_control_service(Core& core, std::uint32_t owner,
                             std::function<ServerStatus()> status) {
  return {{control_service_name, 0, "Portlab", true},
          std::make_unique<Control>(core, owner, std::move(status)),
          nullptr};
}

Result<void> listen_for_control(Core& core, const std::string& path, const User& owner, Log& log) {
  const bool is_own = owner.id == ::geteuid();
  const auto access = is_own ? ControlAccess::this_user : ControlAccess::other_user;
  if (auto folder = prepare_control_folder(path, access); !folder) return folder;
  ListenSpec spec;
  spec.service = control_service_name;
  spec.path = path;
  spec.transport = Transport::local;
  if (const auto opened = core.listen(spec); !opened)
    return Error{listen_advice_line(opened.error())};
  if (!is_own && !change_owner(path, owner))
    log.write("the control socket " + path + " belongs to root: 'portlab server' needs sudo");
  return {};
}

}  // namespace portlab
