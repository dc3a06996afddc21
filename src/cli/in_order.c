/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads with results in order; see in_order.h. */
#include "cli/in_order.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    struct bs_mail mail;
    struct bs_in_order_result result;
    bool done;
};

/* Slots are a ring: shown <= begun <= given <= shown + BS_IN_ORDER_WAITING_MAX. */
struct bs_in_order {
    struct bs_in_order_work work;
    pthread_mutex_t lock;
    pthread_cond_t given_more, shown_more;
    struct slot slots[BS_IN_ORDER_WAITING_MAX];
    uint64_t given, begun, shown;
    bool over;    /* no more will be given */
    bool showing; /* a thread is at it */
    pthread_t threads[BS_IN_ORDER_JOBS_MAX];
    void *memory[BS_IN_ORDER_JOBS_MAX];
    unsigned count, taken;
};

static struct slot *slot_at(struct bs_in_order *order, uint64_t number)
{
    return &order->slots[number % BS_IN_ORDER_WAITING_MAX];
}

/* Shows what is next, with the lock, which it lets go of meanwhile. */
static void show_next(struct bs_in_order *order)
{
    struct slot *slot = slot_at(order, order->shown);
    order->showing = true;
    pthread_mutex_unlock(&order->lock);
    order->work.show(order->work.context, &slot->mail, &slot->result);
    bs_mail_release(&slot->mail);
    bs_strbuf_consume(&slot->result.text, slot->result.text.len);
    slot->result.text.failed = false;
    pthread_mutex_lock(&order->lock);
    order->showing = false;
    slot->done = false;
    order->shown++;
    pthread_cond_signal(&order->shown_more);
}

static void judge_next(struct bs_in_order *order, void *memory)
{
    struct slot *slot = slot_at(order, order->begun++);
    pthread_mutex_unlock(&order->lock);
    slot->result.error = 0;
    order->work.judge(memory, &slot->mail, &slot->result);
    pthread_mutex_lock(&order->lock);
    slot->done = true;
    while (!order->showing && order->shown < order->begun && slot_at(order, order->shown)->done)
        show_next(order);
}

static void *run(void *context)
{
    struct bs_in_order *order = context;
    pthread_mutex_lock(&order->lock);
    void *memory = order->memory[order->taken++];
    while (!order->over || order->begun < order->given) {
        if (order->begun < order->given)
            judge_next(order, memory);
        else
            pthread_cond_wait(&order->given_more, &order->lock);
    }
    pthread_mutex_unlock(&order->lock);
    order->work.end(memory);
    return NULL;
}

static bool start_thread(struct bs_in_order *order)
{
    void *memory = order->work.start(order->work.context);
    if (!memory)
        return false;
    order->memory[order->count] = memory;
    if (pthread_create(&order->threads[order->count], NULL, run, order) == 0) {
        order->count++;
        return true;
    }
    order->work.end(memory);
    return false;
}

static void free_all(struct bs_in_order *order)
{
    for (size_t i = 0; i < BS_IN_ORDER_WAITING_MAX; i++)
        bs_strbuf_free(&order->slots[i].result.text);
    pthread_cond_destroy(&order->given_more);
    pthread_cond_destroy(&order->shown_more);
    pthread_mutex_destroy(&order->lock);
    free(order);
}

struct bs_in_order *bs_in_order_new(const struct bs_in_order_work *work, unsigned jobs)
{
    struct bs_in_order *order = calloc(1, sizeof *order);
    if (!order)
        return NULL;
    order->work = *work;
    pthread_mutex_init(&order->lock, NULL);
    pthread_cond_init(&order->given_more, NULL);
    pthread_cond_init(&order->shown_more, NULL);
    for (size_t i = 0; i < BS_IN_ORDER_WAITING_MAX; i++)
        bs_strbuf_init(&order->slots[i].result.text, BS_IN_ORDER_RESULT_MAX);
    pthread_mutex_lock(&order->lock);
    while (order->count < jobs && order->count < BS_IN_ORDER_JOBS_MAX && start_thread(order))
        continue;
    pthread_mutex_unlock(&order->lock);
    if (order->count > 0)
        return order;
    free_all(order);
    return NULL;
}

void bs_in_order_give(struct bs_in_order *order, const struct bs_mail *mail)
{
    pthread_mutex_lock(&order->lock);
    while (order->given - order->shown == BS_IN_ORDER_WAITING_MAX)
        pthread_cond_wait(&order->shown_more, &order->lock);
    slot_at(order, order->given++)->mail = *mail;
    pthread_cond_signal(&order->given_more);
    pthread_mutex_unlock(&order->lock);
}

void bs_in_order_finish(struct bs_in_order *order)
{
    pthread_mutex_lock(&order->lock);
    order->over = true;
    pthread_cond_broadcast(&order->given_more);
    pthread_mutex_unlock(&order->lock);
    for (unsigned i = 0; i < order->count; i++)
        pthread_join(order->threads[i], NULL);
    free_all(order);
}
