// SPDX-License-Identifier: GPL-2.0
/* SysV semaphores, messages and shared memory; POSIX message queues. */
#include "tap.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

union semun {
	int val;
	unsigned short *array;
};

static int sem, shm, queue;

static bool change(int n, int by, int flags)
{
	struct sembuf op = { n, by, flags };

	return !semop(sem, &op, 1);
}

static int add_under_lock(void *arg)
{
	volatile int *sum = shmat(shm, NULL, 0);

	(void)arg;
	must(sum != (void *)-1);
	for (int i = 0; i < 300; i++) {
		int v;

		must(change(0, -1, SEM_UNDO));
		v = *sum;
		if (i % 20 == 0)
			sleep_ms(0);
		*sum = v + 1;
		must(change(0, 1, SEM_UNDO));
	}
	return 0;
}

static int die_with_semaphore(void *arg)
{
	(void)arg;
	must(change(0, -1, SEM_UNDO));
	raise(SIGKILL);
	return 0;
}

static void semaphores(void)
{
	struct timespec ts = { 0, 10000000 };
	struct sembuf both[2] = { { 0, -1, 0 }, { 1, -1, IPC_NOWAIT } }, down = { 1, -1, 0 };
	volatile int *sum;
	pid_t pids[3];
	int bad = 0;

	sem = semget(IPC_PRIVATE, 2, 0600);
	shm = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
	ok(sem >= 0 && !semctl(sem, 0, SETVAL, (union semun){ .val = 1 }) &&
	   semctl(sem, 0, GETVAL) == 1,
	   "semaphore: SETVAL of 1 is read by GETVAL");
	for (int i = 0; i < 3; i++)
		pids[i] = spawn(add_under_lock, NULL);
	for (int i = 0; i < 3; i++)
		bad |= wait_for(pids[i]);
	sum = shmat(shm, NULL, 0);
	ok(!bad && *sum == 900, "semaphore: it protects a sum in shared memory");
	must(in_child(die_with_semaphore, NULL) == -SIGKILL);
	ok(eventually(semctl(sem, 0, GETVAL) == 1),
	   "semaphore: SEM_UNDO takes effect when a process is killed");
	errno = 0;
	ok(semop(sem, both, 2) == -1 && errno == EAGAIN && semctl(sem, 0, GETVAL) == 1,
	   "semaphore: of two operations none is done if one would wait");
	errno = 0;
	ok(semtimedop(sem, &down, 1, &ts) == -1 && errno == EAGAIN, "semtimedop");
	ok(!semctl(sem, 0, IPC_RMID) && semctl(sem, 0, GETVAL) == -1 && errno == EINVAL,
	   "semaphore: one that was removed is gone");
	shmdt((void *)sum);
}

static int write_shared(void *arg)
{
	char *p = arg;

	strcpy(p + PAGE, "by the child");
	return 0;
}

static void shared_memory(void)
{
	struct shmid_ds ds;
	char *a = shmat(shm, NULL, 0), *b = shmat(shm, NULL, 0), *r = shmat(shm, NULL, SHM_RDONLY),
	     *at;

	must(a != (void *)-1 && b != (void *)-1 && r != (void *)-1);
	strcpy(a + 100, "once");
	ok(a != b && !strcmp(b + 100, "once") && !strcmp(r + 100, "once"),
	   "shared memory: three attachments show the same");
	ok(try_write(r) == SIGSEGV,
	   "shared memory: an attachment with SHM_RDONLY cannot be written to");
	ok(in_child(write_shared, a) == 0 && !strcmp(b + PAGE, "by the child"),
	   "shared memory: a child inherits it");
	ok(!shmctl(shm, IPC_STAT, &ds) && ds.shm_nattch == 3 && ds.shm_segsz == 2 * PAGE,
	   "shared memory: IPC_STAT counts attachments");
	shmdt(b);
	ok(try_read(b) == SIGSEGV, "shared memory: a detached place cannot be read");
	at = shmat(shm, b, 0);
	ok(at == b && !strcmp(at + 100, "once"), "shared memory: it can be attached at an address");
	must(!shmctl(shm, IPC_RMID, NULL));
	strcpy(a, "still");
	ok(!strcmp(at, "still"), "shared memory: a removed segment is there until it is detached");
	shmdt(a);
	shmdt(at);
	shmdt(r);
	errno = 0;
	ok(shmat(shm, NULL, 0) == (void *)-1 && (errno == EINVAL || errno == EIDRM),
	   "shared memory: a removed segment that was detached is gone");
}

struct message {
	long type;
	char text[100];
};

static int send_late(void *arg)
{
	struct message m = { 9, "late" };

	(void)arg;
	sleep_ms(30);
	return msgsnd(queue, &m, 5, 0);
}

static void messages(void)
{
	struct message m;
	pid_t pid;

	queue = msgget(IPC_PRIVATE, 0600);
	must(queue >= 0);
	for (long i = 1; i <= 3; i++) {
		m.type = i;
		sprintf(m.text, "number %ld", i);
		must(!msgsnd(queue, &m, strlen(m.text) + 1, 0));
	}
	ok(msgrcv(queue, &m, 100, 2, 0) == 9 && !strcmp(m.text, "number 2"),
	   "message queue: a message by type");
	ok(msgrcv(queue, &m, 100, 0, 0) == 9 && !strcmp(m.text, "number 1"),
	   "message queue: the first message");
	errno = 0;
	ok(msgrcv(queue, &m, 4, 0, 0) == -1 && errno == E2BIG,
	   "message queue: a message that is too long: E2BIG");
	ok(msgrcv(queue, &m, 4, 0, MSG_NOERROR) == 4,
	   "message queue: a message that is too long is cut off with MSG_NOERROR");
	errno = 0;
	ok(msgrcv(queue, &m, 100, 0, IPC_NOWAIT) == -1 && errno == ENOMSG,
	   "message queue: IPC_NOWAIT without a message: ENOMSG");
	pid = spawn(send_late, NULL);
	ok(msgrcv(queue, &m, 100, 9, 0) == 5 && !strcmp(m.text, "late"),
	   "message queue: msgrcv waits for a message");
	must(wait_for(pid) == 0);
	ok(!msgctl(queue, IPC_RMID, NULL), "message queue: IPC_RMID succeeds");
}

static volatile int notified;

static void on_notify(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	notified = si->si_code == SI_MESGQ ? si->si_value.sival_int : -1;
}

static int receive_in_child(void *arg)
{
	mqd_t q = mq_open(arg, O_RDONLY);
	unsigned int prio;
	char buf[64];

	must(q != (mqd_t)-1);
	must(mq_receive(q, buf, 64, &prio) == 6 && prio == 3 && !strcmp(buf, "child"));
	return 0;
}

static void posix_queues(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 }, got;
	struct sigaction sa = { .sa_sigaction = on_notify, .sa_flags = SA_SIGINFO };
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
				.sigev_value.sival_int = 1234 };
	struct timespec past = { 1, 0 };
	unsigned int prio;
	char name[32], buf[64];
	mqd_t q;
	pid_t pid;

	snprintf(name, sizeof(name), "/test.%d", getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (!ok(q != (mqd_t)-1, "mq_open makes a queue"))
		return;
	must(!mq_send(q, "low", 4, 1) && !mq_send(q, "high", 5, 7) && !mq_send(q, "low2", 5, 1));
	ok(!mq_getattr(q, &got) && got.mq_curmsgs == 3 && got.mq_maxmsg == 4,
	   "mq_getattr knows the number of messages");
	ok(mq_receive(q, buf, 64, &prio) == 5 && prio == 7 && !strcmp(buf, "high"),
	   "mq_receive takes the highest priority first");
	ok(mq_receive(q, buf, 64, &prio) == 4 && !strcmp(buf, "low") &&
	   mq_receive(q, buf, 64, NULL) == 5 &&
	   !strcmp(buf, "low2"), "mq_receive takes equal priorities in order");
	errno = 0;
	ok(mq_timedreceive(q, buf, 64, &prio, &past) == -1 && errno == ETIMEDOUT,
	   "mq_timedreceive of an empty queue: ETIMEDOUT");
	for (int i = 0; i < 4; i++)
		must(!mq_send(q, "x", 1, 0));
	errno = 0;
	ok(mq_timedsend(q, "x", 1, 0, &past) == -1 && errno == ETIMEDOUT,
	   "mq_timedsend to a full queue: ETIMEDOUT");
	for (int i = 0; i < 4; i++)
		must(mq_receive(q, buf, 64, NULL) == 1);
	errno = 0;
	ok(mq_send(q, buf, 65, 0) == -1 && errno == EMSGSIZE,
	   "mq_send of a message that is too long: EMSGSIZE");
	sigaction(SIGUSR1, &sa, NULL);
	must(!mq_notify(q, &sev) && !mq_send(q, "note", 5, 0));
	ok(eventually(notified == 1234), "mq_notify sends a signal");
	must(mq_receive(q, buf, 64, NULL) == 5);
	pid = spawn(receive_in_child, name);
	must(eventually(task_state(pid) == 'S'));
	ok(!mq_send(q, "child", 6, 3) && wait_for(pid) == 0,
	   "mq_receive in a child waits for a message");
	ok(!mq_close(q) && !mq_unlink(name) && mq_open(name, O_RDONLY) == (mqd_t)-1 &&
	   errno == ENOENT,
	   "mq_unlink");
}

int main(void)
{
	semaphores();
	shared_memory();
	messages();
	posix_queues();
	return tap_done();
}
