#include "servers/listener/reactor.hpp"

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

namespace portlab {

namespace {

/// Batches in a row before the timers, the posts and the other workers' wishes have their turn.
constexpr int batches_max = 16;

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

std::uint64_t first_turn() {
  static std::atomic<std::uint64_t> sets{0};
  return ++sets << 48;
}

}  // namespace

Reactor::Reactor(asio::io_context& loop)
    : loop_(loop), set_(loop, make_set()), poll_generation_(first_turn()) {
  watch();
}

void Reactor::watch() {
  set_.async_wait(asio::posix::descriptor_base::wait_read,
                  [this](const boost::system::error_code& failed) {
                    if (failed) return;
                    dispatch();
                    watch();
                  });
}

void Reactor::close() {
  boost::system::error_code ignored;
  set_.cancel(ignored);
}

void Reactor::add_again(int socket, AsyncSocket& waiting) {
  epoll_event all{};
  all.events = EPOLLIN | EPOLLONESHOT;
  all.data.ptr = &waiting;
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_MOD, socket, &all);
}

void Reactor::add(int socket, AsyncSocket& waiting, Watch watch) {
  epoll_event all{};
  all.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  if (watch == Watch::while_waiting) all.events = EPOLLONESHOT;
  all.data.ptr = &waiting;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &all) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Reactor::remove(int socket) {
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
}

void Reactor::forget(const AsyncSocket& socket) {
  for (int i = next_; i < count_; ++i) {
    auto& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &socket) event.data.ptr = nullptr;
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

AsyncSocket::AsyncSocket(Reactor& set, FileDescriptor socket, Watch watch)
    : set_(set), socket_(std::move(socket)), watch_(watch) {
  set_.add(socket_.get(), *this, watch);
}

AsyncSocket::~AsyncSocket() { set_.forget(*this); }

void AsyncSocket::on_events(std::uint32_t epoll_events) {
  constexpr std::uint8_t all = bit(Event::readable) | bit(Event::writable) | bit(Event::broken);
  if ((epoll_events & EPOLLRDHUP) != 0) over_ |= bit(Event::readable);
  if ((epoll_events & EPOLLHUP) != 0) over_ |= all;
  std::uint8_t now = over_;
  if ((epoll_events & EPOLLIN) != 0) now |= bit(Event::readable);
  if ((epoll_events & EPOLLOUT) != 0) now |= bit(Event::writable);
  if ((epoll_events & EPOLLERR) != 0) now |= all;
  // Taken all together first: the task that goes on may destroy this.
  std::array<std::unique_ptr<Wait>, 3> going_on;
  for (const auto event : {Event::readable, Event::writable, Event::broken}) {
    if ((now & bit(event)) == 0) continue;
    auto& wait = going_on[static_cast<std::size_t>(event)] = std::move(wait_of(event));
    if (wait) now &= static_cast<std::uint8_t>(~bit(event));
  }
  came_ |= now;
  // A read stops short before an urgent byte, although more is there: it is worth a second one,
  // also where nobody waits for the first one yet.
  if ((epoll_events & EPOLLPRI) != 0) urgent_ = true;
  for (auto& wait : going_on)
    if (wait) wait->go_on({});
}

void AsyncSocket::begin(Event event, std::unique_ptr<Wait> wait) {
  bool came = ((came_ | over_) & bit(event)) != 0;
  came_ &= static_cast<std::uint8_t>(~bit(event));
  if (!came && event == Event::readable) came = std::exchange(urgent_, false);
  if (came) return post(std::move(wait), {});
  if (!socket_) return post(std::move(wait), asio::error::operation_aborted);
  if (watch_ == Watch::while_waiting) set_.add_again(socket_.get(), *this);
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
  set_.forget(*this);
  socket_ = FileDescriptor();
}

FileDescriptor AsyncSocket::release() {
  cancel();
  set_.remove(socket_.get());
  set_.forget(*this);
  return std::move(socket_);
}

void AsyncSocket::post(std::unique_ptr<Wait> wait, boost::system::error_code result) {
  asio::post(set_.loop(), [wait = std::move(wait), result] { wait->go_on(result); });
}

}  // namespace portlab
