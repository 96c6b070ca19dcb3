import { useEffect, useState } from 'react'
import { getJson } from '../../api/client'
import type { Fit } from '../../api/schema'
import type { Draft } from './draft'
import { callOf } from './request'

export interface Fitting {
  state: 'counting' | 'known' | 'unknown' | 'too_large'
  fit: Fit | null
}

const COUNTING: Fitting = { state: 'counting', fit: null }
const UNKNOWN: Fitting = { state: 'unknown', fit: null }
const TOO_LARGE: Fitting = { state: 'too_large', fit: null }

/** JSON around the text of a request, and its escapes. */
const FRAME_BYTES = 4_096

/** What the draft takes of the model's context, asked of the server. */
export async function fitOf(draft: Draft, signal?: AbortSignal): Promise<Fit> {
  const { body } = callOf(draft)
  const text = { prompt: body.prompt, messages: body.messages, max_tokens: draft.sampling.max_tokens }
  return getJson<Fit>('/api/fit', { method: 'POST', body: text, ...(signal && { signal }) })
}

/**
 * How much of the model's context the draft takes, counted anew whenever the writer has rested. A number is shown only
 * for the very text that it was counted for; where the server does not answer there is none.
 */
export function useFit(draft: Draft, hasModel: boolean, maxBodyBytes: number): Fitting {
  const { mode, prompt, system, turns, skipped, examples, variables, sampling } = draft
  const asked = JSON.stringify([mode, sampling.max_tokens, skipped])
  const [known, setKnown] = useState<{ of: unknown[]; fitting: Fitting } | null>(null)
  const of = [asked, hasModel, prompt, system, turns, examples, variables]
  const isKnown = known !== null && of.every((value, at) => value === known.of[at])
  useEffect(() => {
    const leaving = new AbortController()
    const set = (fitting: Fitting) => !leaving.signal.aborted && setKnown({ of, fitting })
    const { body } = callOf(draft)
    const text = { prompt: body.prompt, messages: body.messages }
    const written = JSON.stringify(text)
    if (!hasModel) set(UNKNOWN)
    else if (bytesOf(written) > maxBodyBytes - FRAME_BYTES) set(TOO_LARGE)
    else if (mode === 'chat' && (body.messages as unknown[]).length === 0) set(UNKNOWN)
    else {
      fitOf(draft, leaving.signal).then(
        (fit) => set({ state: 'known', fit }),
        () => set(UNKNOWN),
      )
    }
    return () => leaving.abort()
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `of` is what the request is made of
  }, of)
  return isKnown ? known.fitting : COUNTING
}

function bytesOf(text: string): number {
  return text.length < 100_000 ? 0 : new TextEncoder().encode(text).length
}
