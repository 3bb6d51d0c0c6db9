// A minimal TCP relay: one epoll loop, and splice(2) through one pipe for each direction of each
// session. tests/bench compares portlabd's forward with it.
//
//   relay_tcp_splice PORT TARGET_PORT      both on 127.0.0.1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "listen_on.h"

// One session moves at most turn_bytes before the others run, as in portlabd: a loop that stays with
// one session is faster, because its bytes stay in the cache, and starves the others.
enum { events_max = 256, pipe_bytes = 65536, turn_bytes = 1 << 20 };

// Direction i reads from socket i and writes to the other one.
struct session {
  int socket[2];
  int pipe[2][2];
  ssize_t in_pipe[2];
  int ended[2];
  int closed;
  struct session* next_closed;
};

static void watch(int epoll, int fd, struct session* session) {
  const int on = 1;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.ptr = session};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int epoll, int listener, int target_port) {
  const struct sockaddr_in target = loopback(target_port);
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct session* const session = calloc(1, sizeof *session);
    session->socket[0] = fd;
    session->socket[1] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (pipe2(session->pipe[0], O_NONBLOCK | O_CLOEXEC) != 0 ||
        pipe2(session->pipe[1], O_NONBLOCK | O_CLOEXEC) != 0 ||
        (connect(session->socket[1], (const struct sockaddr*)&target, sizeof target) != 0 &&
         errno != EINPROGRESS)) {
      perror("session");
      exit(1);
    }
    for (int i = 0; i < 2; ++i) watch(epoll, session->socket[i], session);
  }
}

// Returns 0 when the session is broken.
static int copy(int epoll, struct session* session, int from) {
  ssize_t moved = 0;
  const unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  for (;;) {
    while (session->in_pipe[from] > 0) {
      const ssize_t sent = splice(session->pipe[from][0], NULL, session->socket[1 - from], NULL,
                                  (size_t)session->in_pipe[from], flags);
      if (sent < 0) return errno == EAGAIN || errno == ENOTCONN;
      session->in_pipe[from] -= sent;
      moved += sent;
    }
    if (moved >= turn_bytes) {  // changing an entry reports the socket again: epoll(7)
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                  .data.ptr = session};
      epoll_ctl(epoll, EPOLL_CTL_MOD, session->socket[from], &event);
      return 1;
    }
    if (session->ended[from]) return 1;
    const ssize_t got =
        splice(session->socket[from], NULL, session->pipe[from][1], NULL, pipe_bytes, flags);
    if (got < 0) return errno == EAGAIN || errno == ENOTCONN;
    if (got == 0) {
      session->ended[from] = 1;
      shutdown(session->socket[1 - from], SHUT_WR);
    }
    session->in_pipe[from] = got;
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  const int listener = listen_on(atoi(argv[1]));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  struct epoll_event events[events_max];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct session* closed = NULL;
    const int count = epoll_wait(epoll, events, events_max, -1);
    for (int i = 0; i < count; ++i) {
      struct session* const session = events[i].data.ptr;
      if (session == NULL) {
        accept_all(epoll, listener, atoi(argv[2]));
        continue;
      }
      if (session->closed) continue;
      if (copy(epoll, session, 0) && copy(epoll, session, 1) &&
          !(session->ended[0] && session->ended[1]))
        continue;
      for (int j = 0; j < 2; ++j) {
        close(session->socket[j]);
        close(session->pipe[j][0]);
        close(session->pipe[j][1]);
      }
      session->closed = 1;  // freed later: the batch may have another event of it
      session->next_closed = closed;
      closed = session;
    }
    while (closed != NULL) {
      struct session* const next = closed->next_closed;
      free(closed);
      closed = next;
    }
  }
}
