import { expect, test } from 'vitest'
import orders from './enterOrders.json'
import { AT_REST, step, type BoxEvent } from './oneEnter'

interface Order {
  name: string
  browser: string
  language: string
  events: (Partial<BoxEvent> & { type: string; value?: string })[]
  sends: string[]
  left: string
}

/** The box, the loop of events and the clock as the browser has them; the same file is replayed in a browser. */
function replay(events: Order['events']): { sends: string[]; left: string } {
  let [state, value, now] = [AT_REST, '', 0]
  const sends: string[] = []
  for (const event of events) {
    now += event.type === 'wait' ? 1_000 : 1
    if (event.type === 'input') value = event.value ?? ''
    const [next, act] = step(state, { ...event, timeStamp: now })
    state = next
    if (act !== 'send' || value.trim() === '') continue
    sends.push(value)
    value = ''
  }
  return { sends, left: value }
}

test.each(orders as Order[])('$browser: $name ($language)', ({ events, sends, left }) => {
  expect(replay(events)).toEqual({ sends, left })
})

test('every language is there in the order of every engine', () => {
  const engines = ['Chrome', 'Firefox', 'Safari']
  for (const language of ['Hangul', 'kana', 'pinyin', 'bopomofo', 'Hanja']) {
    const found = (orders as Order[]).filter((order) => order.language === language).map(({ browser }) => browser)
    expect(engines.filter((engine) => found.some((browser) => browser.startsWith(engine)))).toEqual(engines)
  }
})
