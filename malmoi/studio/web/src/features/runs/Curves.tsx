import { useMemo, useState } from 'react'
import type { Loss } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { count } from '../../text/numbers'
import { Segments } from '../../ui/Segments'
import { Plot } from './Plot'

const SHOWN = ['loss', 'learning_rate', 'tokens_per_s', 'gradient_norm'] as const
type Shown = (typeof SHOWN)[number]

/** One of four curves at a time; the latest point is said as a number. */
export function Curves({ loss }: { loss: Loss }) {
  const { t } = useLanguage()
  const [shown, setShown] = useState<Shown>('loss')
  // A point of the loss curve is the mean of many steps: their lowest and highest make the band.
  const columns = useMemo(
    (): (Shown | 'loss_min' | 'loss_max')[] => (shown === 'loss' ? ['loss_min', 'loss_max', 'loss'] : [shown]),
    [shown],
  )
  const { step, tokens, loss: losses } = loss.columns
  const facts = [
    loss.checkpoints.length > 0 && t('runs.checkpoints', { steps: loss.checkpoints.map(count).join(', ') }),
    loss.resumes.length > 0 && t('runs.resumes', { steps: loss.resumes.map(count).join(', ') }),
  ]
  return (
    <section className="block" aria-label={t('runs.curves')}>
      <div className="block-head">
        <h2>{t('runs.curves')}</h2>
        <Segments
          label={t('runs.curves')}
          options={SHOWN.map((id) => ({ id, name: t(`curve.${id}`) }))}
          value={shown}
          onChange={setShown}
        />
      </div>
      <p className="facts">
        {t('runs.latest', {
          step: step.at(-1) ?? 0,
          loss: losses.at(-1)?.toFixed(3) ?? '–',
          tokens: tokens.at(-1) ?? 0,
        })}
      </p>
      <Plot loss={loss} columns={columns} names={columns.map((column) => t(`curve.${column}`))} />
      <p className="facts">{facts.filter(Boolean).join(' · ')}</p>
    </section>
  )
}
