// A minimal UDP relay: for each client a socket of its own to the target, recvmmsg(2) and sendmmsg(2).
// tests/bench compares portlabd's forward/udp with it.
//
//   relay_udp_epoll PORT TARGET_PORT      both on 127.0.0.1

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { batch = 32, datagram_bytes = 65536, flows_max = 65536, events_max = 256 };

static struct sockaddr_in loopback(int port) {
  const struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons((unsigned short)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return at;
}

static char buffers[batch][datagram_bytes];
static struct sockaddr_in peers[batch];
static struct iovec parts[batch];
static struct mmsghdr messages[batch];

// The client, and the socket to the target. Flows stay in the table (open addressing) for ever.
struct flow {
  struct sockaddr_in client;
  int target;
};
static struct flow flows[flows_max];

static int receive(int fd) {
  for (int i = 0; i < batch; ++i) {
    parts[i] = (struct iovec){buffers[i], datagram_bytes};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  const int got = recvmmsg(fd, messages, batch, MSG_DONTWAIT, NULL);
  for (int i = 0; i < got; ++i) parts[i].iov_len = messages[i].msg_len;
  return got;
}

static struct flow* flow_of(int epoll, const struct sockaddr_in* client, int target_port) {
  unsigned place = (ntohs(client->sin_port) ^ (ntohl(client->sin_addr.s_addr) << 11)) % flows_max;
  while (flows[place].target != 0 && (flows[place].client.sin_port != client->sin_port ||
                                      flows[place].client.sin_addr.s_addr != client->sin_addr.s_addr))
    place = (place + 1) % flows_max;
  struct flow* const flow = &flows[place];
  if (flow->target != 0) return flow;
  const struct sockaddr_in target = loopback(target_port);
  flow->client = *client;
  flow->target = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = flow};
  if (flow->target < 0 ||
      connect(flow->target, (const struct sockaddr*)&target, sizeof target) != 0 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, flow->target, &event) != 0) {
    perror("flow");
    exit(1);
  }
  return flow;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int listener = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const struct sockaddr_in at = loopback(atoi(argv[1]));
  if (listener < 0 || bind(listener, (const struct sockaddr*)&at, sizeof at) != 0) {
    perror("bind");
    return 1;
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  struct epoll_event events[events_max];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    const int count = epoll_wait(epoll, events, events_max, -1);
    for (int i = 0; i < count; ++i) {
      struct flow* const ready = events[i].data.ptr;
      const int got = receive(ready == NULL ? listener : ready->target);
      if (got <= 0) continue;
      if (ready == NULL) {  // from clients, each to a socket of its own
        for (int j = 0; j < got; ++j) {
          const struct flow* const flow = flow_of(epoll, &peers[j], atoi(argv[2]));
          send(flow->target, parts[j].iov_base, parts[j].iov_len, MSG_DONTWAIT);
        }
        continue;
      }
      for (int j = 0; j < got; ++j) {
        messages[j].msg_hdr.msg_name = &ready->client;
        messages[j].msg_hdr.msg_namelen = sizeof ready->client;
      }
      sendmmsg(listener, messages, (unsigned)got, MSG_DONTWAIT);
    }
  }
}
