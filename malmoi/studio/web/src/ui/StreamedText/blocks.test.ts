import { describe, expect, it } from 'vitest'
import { blocks } from './blocks'

const TEXT = Array.from({ length: 900 }, (_, line) => `${line}번째 줄 👩‍👧 漢字`).join('\n')

describe('blocks', () => {
  it('lose nothing', () => {
    expect(blocks(TEXT).length).toBeGreaterThan(2)
    expect(blocks(TEXT).join('')).toBe(TEXT)
    expect(blocks('')).toEqual([''])
  })

  it('stay as they are when more follows', () => {
    const before = blocks(TEXT.slice(0, 9_000))
    expect(blocks(TEXT).slice(0, before.length - 1)).toEqual(before.slice(0, -1))
  })
})
