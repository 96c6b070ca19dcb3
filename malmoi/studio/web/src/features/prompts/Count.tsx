import { useEffect, useState } from 'react'
import { useLanguage } from '../../i18n/language'
import { graphemesInTurn } from '../../text/graphemes'
import { Button } from '../../ui/Button/Button'
import type { Draft } from './draft'
import css from './play.module.css'
import { classes } from '../../ui/classes'
import type { Fitting } from './useFit'

interface Props {
  texts: string[]
  fitting: Fitting
  maxTokens: number
}

/** Characters and tokens of what would be sent. While they are counted, or cannot be, there is no number. */
export function Count({ texts, fitting: { state, fit }, maxTokens }: Props) {
  const { t } = useLanguage()
  const chars = useGraphemes(texts)
  const facts = [chars === null ? t('count.counting') : t('count.chars', { chars })]
  const isOver = fit !== null && fit.tokens >= fit.context_tokens
  if (fit) facts.push(t('count.tokens', { tokens: fit.tokens, context: fit.context_tokens }))
  if (fit && !isOver) facts.push(t('count.with_answer', { tokens: fit.tokens + maxTokens }))
  if (state === 'counting' && chars !== null) facts.push(t('count.counting'))
  const isTight = fit !== null && fit.tokens + maxTokens > fit.context_tokens
  return (
    <p className={classes('facts', css.count, (isTight || state === 'too_large') && css.over)} data-testid="count">
      {facts.join(' · ')}
    </p>
  )
}

interface FitProps {
  draft: Draft
  fitting: Fitting
  maxBodyBytes: number
  onSkip: (turns: number) => void
}

/** What fits, said before anything is sent; and what one can do about it. */
export function FitNote({ draft, fitting: { state, fit }, maxBodyBytes, onSkip }: FitProps) {
  const { t } = useLanguage()
  if (state === 'too_large') {
    return <p className={classes(css.fit, css.over)}>{t('fit.too_large', { chars: Math.floor(maxBodyBytes / 3) })}</p>
  }
  const wanted = draft.sampling.max_tokens
  if (!fit || fit.answer_tokens >= wanted) return null
  const words = { tokens: fit.answer_tokens, context: fit.context_tokens, asked: fit.tokens }
  const skipped = fit.leave_out === null ? 0 : draft.skipped + fit.leave_out
  return (
    <div className={classes(css.fit)} role="status">
      <p>{fit.answer_tokens > 0 ? t('fit.shorter', words) : t('fit.full', words)}</p>
      {draft.mode === 'completion' && fit.fits_chars !== null && (
        <p>{t('fit.chars', { chars: fit.fits_chars, tokens: wanted })}</p>
      )}
      {skipped > draft.skipped && (
        <Button small onPress={() => onSkip(skipped)}>
          {t('fit.skip', { turns: fit.leave_out ?? 0 })}
        </Button>
      )}
    </div>
  )
}

/** The characters that a person sees, counted in slices; null until they are. */
function useGraphemes(texts: string[]): number | null {
  const [known, setKnown] = useState<{ texts: string[]; count: number } | null>(null)
  useEffect(() => {
    const leaving = new AbortController()
    const counting = Promise.all(texts.map((text) => graphemesInTurn(text, leaving.signal)))
    counting.then(
      (counts) => !leaving.signal.aborted && setKnown({ texts, count: counts.reduce((sum, one) => sum + one, 0) }),
      () => undefined,
    )
    return () => leaving.abort(new Error('no longer asked for'))
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a new array of the same texts is the same
  }, texts)
  const isKnown = known?.texts.length === texts.length && texts.every((text, at) => text === known.texts[at])
  return isKnown ? known!.count : null
}
