/**
 * Which drafts are open in this tab. A tab that is about to open one asks the others: where one of them has it open,
 * the new tab takes a copy, so that the same draft never stands in two tabs.
 */
type Message = { type: 'who' | 'mine'; id: string; from: string }

/** A tab in the background answers within some milliseconds; one that is frozen does not, and its draft's rev tells. */
const WAIT_MS = 150

const tab = Math.random().toString(36).slice(2)
const mine = new Set<string>()
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('malmoi.drafts') : null

channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
  if (data.type === 'who' && data.from !== tab && mine.has(data.id)) say('mine', data.id)
})

function say(type: Message['type'], id: string): void {
  channel?.postMessage({ type, id, from: tab } satisfies Message)
}

/** Takes a draft for this tab; false where another tab has it. */
export async function claim(id: string): Promise<boolean> {
  if (mine.has(id) || !channel) return true
  const isFree = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => answer(true), WAIT_MS)
    const hear = ({ data }: MessageEvent<Message>) => {
      if (data.type === 'mine' && data.id === id && data.from !== tab) answer(false)
    }
    const answer = (free: boolean) => {
      clearTimeout(timer)
      channel.removeEventListener('message', hear)
      resolve(free)
    }
    channel.addEventListener('message', hear)
    say('who', id)
  })
  if (isFree) mine.add(id)
  return isFree
}

/** A draft that was made in this tab. */
export function own(id: string): void {
  mine.add(id)
}
