#include "servers/listener/reactor.hpp"

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

namespace portlab {

namespace {

/// epoll_wait() calls in a row, before timers and posted functions are run.
constexpr int batches_max = 16;

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

/// Sets count from different bases, so that two of them never have the same number.
std::uint64_t first_generation() {
  static std::atomic<std::uint64_t> sets{0};
  return ++sets << 48;
}

}  // namespace

Reactor::Reactor(asio::io_context& loop)
    : loop_(loop), set_(loop, make_set()), poll_generation_(first_generation()) {
  wait_readable();
}

void Reactor::wait_readable() {
  set_.async_wait(asio::posix::descriptor_base::wait_read,
                  [this](const boost::system::error_code& failed) {
                    if (failed) return;
                    dispatch();
                    wait_readable();
                  });
}

void Reactor::close() {
  boost::system::error_code ignored;
  set_.cancel(ignored);
}

void Reactor::add(int socket, AsyncSocket& owner, Watch watch) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (watch == Watch::while_waiting) event.events = EPOLLONESHOT;  // nothing until rearm()
  event.data.ptr = &owner;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Reactor::rearm(int socket, AsyncSocket& owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = &owner;
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_MOD, socket, &event);
}

void Reactor::remove(int socket) {
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
}

void Reactor::discard_events(const AsyncSocket& owner) {
  for (int i = next_; i < count_; ++i) {
    auto& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &owner) event.data.ptr = nullptr;
  }
}

void Reactor::dispatch() {
  for (int batch = 0; batch < batches_max; ++batch) {
    ++poll_generation_;
    count_ =
        ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    for (next_ = 0; next_ < count_;) {
      const auto& event = events_[static_cast<std::size_t>(next_++)];
      if (event.data.ptr != nullptr)
        static_cast<AsyncSocket*>(event.data.ptr)->on_events(event.events);
    }
    if (count_ <= 0) return;
  }
}

AsyncSocket::AsyncSocket(Reactor& reactor, FileDescriptor socket, Watch watch)
    : reactor_(reactor), socket_(std::move(socket)), watch_(watch) {
  reactor_.add(socket_.get(), *this, watch);
}

AsyncSocket::~AsyncSocket() { reactor_.discard_events(*this); }

void AsyncSocket::on_events(std::uint32_t epoll_events) {
  constexpr std::uint8_t every = bit(Event::readable) | bit(Event::writable) | bit(Event::broken);
  if ((epoll_events & EPOLLRDHUP) != 0) permanent_ |= bit(Event::readable);
  if ((epoll_events & EPOLLHUP) != 0) permanent_ |= every;
  std::uint8_t happened = permanent_;
  if ((epoll_events & EPOLLIN) != 0) happened |= bit(Event::readable);
  if ((epoll_events & EPOLLOUT) != 0) happened |= bit(Event::writable);
  if ((epoll_events & EPOLLERR) != 0) happened |= every;
  // All waits are taken out before the first is resumed: a resumed task may destroy this object.
  std::array<std::unique_ptr<Wait>, 3> ended;
  for (const auto event : {Event::readable, Event::writable, Event::broken}) {
    if ((happened & bit(event)) == 0) continue;
    auto& wait = ended[static_cast<std::size_t>(event)] = std::move(wait_of(event));
    if (wait) happened &= static_cast<std::uint8_t>(~bit(event));
  }
  pending_ |= happened;
  // A read stops before an urgent byte although there is more to read (tcp(7)): a second read is
  // worth trying, also when no task waits for the first one yet.
  if ((epoll_events & EPOLLPRI) != 0) urgent_ = true;
  for (auto& wait : ended)
    if (wait) wait->resume({});
}

void AsyncSocket::start_wait(Event event, std::unique_ptr<Wait> wait) {
  bool happened = ((pending_ | permanent_) & bit(event)) != 0;
  pending_ &= static_cast<std::uint8_t>(~bit(event));
  if (!happened && event == Event::readable) happened = std::exchange(urgent_, false);
  if (happened) return post(std::move(wait), {});
  if (!socket_) return post(std::move(wait), asio::error::operation_aborted);
  if (watch_ == Watch::while_waiting) reactor_.rearm(socket_.get(), *this);
  wait_of(event) = std::move(wait);
}

void AsyncSocket::cancel(Event event) {
  if (auto wait = std::move(wait_of(event))) post(std::move(wait), asio::error::operation_aborted);
}

void AsyncSocket::cancel() {
  for (const auto event : {Event::readable, Event::writable, Event::broken}) cancel(event);
}

void AsyncSocket::close() {
  cancel();
  reactor_.discard_events(*this);
  socket_ = FileDescriptor();
}

FileDescriptor AsyncSocket::release() {
  cancel();
  reactor_.remove(socket_.get());
  reactor_.discard_events(*this);
  return std::move(socket_);
}

void AsyncSocket::post(std::unique_ptr<Wait> wait, boost::system::error_code result) {
  asio::post(reactor_.loop(), [wait = std::move(wait), result] { wait->resume(result); });
}

}  // namespace portlab
