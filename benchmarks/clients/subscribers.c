/* Many subscribers in one process: measures how long messages of a server take to reach all of them.
 *
 *     subscribers PORT COUNT MESSAGES SECONDS
 *
 * stdin, separated by NUL: the handshake that each connection sends, what it says once that is answered (WebSocket: each
 * line is a message; may be empty), and the text in the server's answer that means "subscribed" (empty: the head of the
 * answer is enough).
 *
 * Prints "ready COUNT" once all are subscribed, "complete NUMBER" once all have got a message, and one JSON document
 * when each has got MESSAGES messages or SECONDS have passed. A message carries a mark somewhere in its text: "mark":"NNNNNNNNNN-TTTTTTTTTTTTTTTTTTTT", its number
 * from 0 and the monotonic clock in nanoseconds when it was published. Frames are not parsed, only marks are looked for,
 * so that Server-Sent Events and WebSocket messages (uncompressed) cost the same and far less than the server's part.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "\"mark\":\""
#define MARK_START (sizeof MARK - 1)
#define NUMBER_DIGITS 10
#define TIME_DIGITS 20
#define MARK_LENGTH (MARK_START + NUMBER_DIGITS + 1 + TIME_DIGITS)
#define CONNECTING_AT_ONCE 256 /* below the accept queue of any server that is measured */
#define READ_BYTES 262144
#define HEAD_BYTES 4096 /* of an answer to a handshake; a longer one is none of ours */
#define EVENTS 1024
#define GATHER_US 1000 /* between two looks: woken by each arrival, it would slow down the server on the same machine */

enum state { CONNECTING, GREETED, SPOKEN, SUBSCRIBED };

struct subscriber {
    int socket;
    enum state state;
    int kept; /* bytes of `tail`: the end of the last read, in which a mark may have begun */
    char tail[MARK_LENGTH];
    char *head; /* what came before it was subscribed */
    int head_length;
};

static struct subscriber *subscribers;
static int count, opened, subscribed, messages, epoll;
static struct sockaddr_in address;
static char input[65536], *greeting, *speech, *wanted;
static unsigned *delays; /* microseconds, [message][arrival]; UINT_MAX: not arrived */
static int *arrived;     /* by message */
static double *published; /* by message */
static long total;
static double cpu_before; /* seconds of CPU that it took to subscribe */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void tell(const char *what, int number)
{
    printf("%s %d\n", what, number);
    fflush(stdout);
}

static void fail(const char *what)
{
    fprintf(stderr, "subscribers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void read_input(void)
{
    size_t length = fread(input, 1, sizeof input - 3, stdin);
    if (length == 0)
        fail("nothing on stdin");
    greeting = input;
    speech = greeting + strlen(greeting) + 1;
    wanted = speech + strlen(speech) + 1;
}

static void send_text(struct subscriber *subscriber, const char *text, size_t length)
{
    if (send(subscriber->socket, text, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("send");
}

/* A text frame of RFC 6455 section 5.2, masked with nought. */
static void send_frame(struct subscriber *subscriber, const char *text, size_t length)
{
    size_t head = 0;
    char frame[sizeof input + 8];
    frame[head++] = (char)0x81;
    if (length < 126) {
        frame[head++] = (char)(0x80 | length);
    } else {
        frame[head++] = (char)(0x80 | 126);
        frame[head++] = (char)(length >> 8);
        frame[head++] = (char)length;
    }
    memset(frame + head, 0, 4);
    head += 4;
    memcpy(frame + head, text, length);
    send_text(subscriber, frame, head + length);
}

static void send_lines(struct subscriber *subscriber, const char *line)
{
    while (*line) {
        size_t length = strcspn(line, "\n");
        send_frame(subscriber, line, length);
        line += length + (line[length] == '\n');
    }
}

static void open_one(void)
{
    struct subscriber *subscriber = &subscribers[opened++];
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = subscriber};
    subscriber->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (subscriber->socket < 0)
        fail("socket");
    if (connect(subscriber->socket, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        fail("connect");
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, subscriber->socket, &event) < 0)
        fail("epoll_ctl");
}

static void greet(struct subscriber *subscriber)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = subscriber};
    send_text(subscriber, greeting, strlen(greeting));
    subscriber->state = GREETED;
    subscriber->head = calloc(1, HEAD_BYTES + 1);
    epoll_ctl(epoll, EPOLL_CTL_MOD, subscriber->socket, &event);
}

static void note(long number, double since)
{
    if (number >= messages || arrived[number] >= count)
        return;
    published[number] = since;
    delays[number * count + arrived[number]++] = (unsigned)((now() - since) * 1e6);
    total++;
    if (arrived[number] == count)
        tell("complete", (int)number);
}

/* Every whole mark in `length` bytes. */
static void look_for_marks(const char *bytes, size_t length)
{
    const char *end = bytes + length, *mark;
    while ((mark = memmem(bytes, (size_t)(end - bytes), MARK, MARK_START)) && mark + MARK_LENGTH <= end) {
        const char *number = mark + MARK_START;
        note(strtol(number, NULL, 10), strtod(number + NUMBER_DIGITS + 1, NULL) / 1e9);
        bytes = mark + MARK_LENGTH;
    }
}

/* Before it is subscribed, what comes is gathered until the answer is complete; messages may follow at once. */
static void take_head(struct subscriber *subscriber, const char *bytes, int length)
{
    char *end;
    if (length > HEAD_BYTES - subscriber->head_length)
        length = HEAD_BYTES - subscriber->head_length;
    memcpy(subscriber->head + subscriber->head_length, bytes, (size_t)length);
    subscriber->head_length += length;
    end = memmem(subscriber->head, (size_t)subscriber->head_length, "\r\n\r\n", 4);
    if (end == NULL)
        return;
    if (strncmp(subscriber->head, "HTTP/1.1 200", 12) != 0 && strncmp(subscriber->head, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "subscribers: refused: %.80s\n", subscriber->head);
        exit(1);
    }
    if (subscriber->state == GREETED) {
        send_lines(subscriber, speech);
        subscriber->state = SPOKEN;
    }
    end += 4;
    if (*wanted && memmem(end, (size_t)(subscriber->head + subscriber->head_length - end), wanted, strlen(wanted)) == NULL)
        return;
    subscriber->state = SUBSCRIBED;
    free(subscriber->head);
    if (++subscribed == count) {
        cpu_before = cpu_seconds();
        tell("ready", count);
    }
}

static void take(struct subscriber *subscriber)
{
    static char buffer[MARK_LENGTH + READ_BYTES];
    int kept = subscriber->kept;
    ssize_t length = recv(subscriber->socket, buffer + kept, READ_BYTES, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0)
        fail(length == 0 ? "the server closed a connection" : "recv");
    if (subscriber->state != SUBSCRIBED) {
        take_head(subscriber, buffer, (int)length);
        return;
    }
    memcpy(buffer, subscriber->tail, (size_t)kept);
    length += kept;
    look_for_marks(buffer, (size_t)length);
    /* One byte less than a mark: a whole one was counted above and must not be seen again. */
    kept = length < (ssize_t)MARK_LENGTH - 1 ? (int)length : (int)MARK_LENGTH - 1;
    memcpy(subscriber->tail, buffer + length - kept, (size_t)kept);
    subscriber->kept = kept;
}

static void handle(struct epoll_event *event)
{
    struct subscriber *subscriber = event->data.ptr;
    if (subscriber->state != CONNECTING)
        take(subscriber);
    else if (event->events & (EPOLLERR | EPOLLHUP))
        fail("the server refused a connection");
    else
        greet(subscriber);
}

static int ascending(const void *one, const void *other)
{
    unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;
    return (a > b) - (a < b);
}

static double part(int message, double share)
{
    int index = (int)(arrived[message] * share);
    if (arrived[message] == 0)
        return 0;
    if (index >= arrived[message])
        index = arrived[message] - 1;
    return delays[(long)message * count + index] / 1000.0;
}

static void report(void)
{
    printf("{\"subscribers\":%d,\"received\":%ld,\"missing\":%ld,\"cpu_s\":%.3f,\"messages\":[", count, total,
        (long)messages * count - total, cpu_seconds() - cpu_before);
    for (int message = 0; message < messages; message++) {
        qsort(delays + (long)message * count, (size_t)arrived[message], sizeof *delays, ascending);
        printf("%s{\"received\":%d,\"published_s\":%.6f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"last_ms\":%.3f}",
            message ? "," : "", arrived[message], published[message], part(message, 0.50), part(message, 0.99),
            part(message, 1.0));
    }
    printf("]}\n");
}

static void prepare(char **words)
{
    struct rlimit files;
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)atoi(words[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    count = atoi(words[2]);
    messages = atoi(words[3]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    subscribers = calloc((size_t)count, sizeof *subscribers);
    delays = calloc((size_t)messages * (size_t)count, sizeof *delays);
    arrived = calloc((size_t)messages, sizeof *arrived);
    published = calloc((size_t)messages, sizeof *published);
    epoll = epoll_create1(0);
    if (count <= 0 || messages <= 0 || !subscribers || !delays || !arrived || !published || epoll < 0)
        fail("COUNT and MESSAGES must be positive, and fit into memory");
}

int main(int words_count, char **words)
{
    static struct epoll_event events[EVENTS];
    double deadline;
    if (words_count != 5) {
        fprintf(stderr, "usage: subscribers PORT COUNT MESSAGES SECONDS < handshake\n");
        return 2;
    }
    prepare(words);
    read_input();
    deadline = now() + atof(words[4]);
    while (total < (long)messages * count && now() < deadline) {
        while (opened < count && opened - subscribed < CONNECTING_AT_ONCE)
            open_one();
        if (subscribed == count)
            usleep(GATHER_US);
        int ready = epoll_wait(epoll, events, EVENTS, 100);
        for (int index = 0; index < ready; index++)
            handle(&events[index]);
    }
    report();
    return 0;
}
