// SPDX-License-Identifier: GPL-2.0
/*
 * A program with a fault of its own for each sanitizer: NAME race|bounds|overflow|unset
 * makes one, without an argument there is none.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int plain, counted;

static void *add(void *race)
{
	if (race)
		plain++;
	else
		__atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	void *race = strcmp(what, "race") ? NULL : &plain;
	volatile int big = 0x7fffffff;
	pthread_t threads[2];
	int *numbers = malloc(4 * sizeof(int));
	volatile int *unset = malloc(sizeof(int));

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, add, race))
			return 99;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 4 + !strcmp(what, "bounds"); i++)
		numbers[i] = i;
	if (!strcmp(what, "overflow"))
		big++;
	if (!strcmp(what, "unset") && *unset)
		puts("not zero");
	printf("done: %d\n", numbers[3]);
	free(numbers);
	free((void *)unset);
	return 0;
}
