import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Loss } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { count, decimal } from '../../text/numbers'
import { Block } from '../../ui/Block/Block'
import { Segments } from '../../ui/Segments'
import { Plot } from './Plot'
import { CURVES, type Curve } from './search'

interface Props {
  loss: Loss
  /** What a finished training noted, the mean over its last steps: the number of the report. */
  trained: number | null
}

/** One of four curves at a time, as the address says; the latest point is said as a number. */
export function Curves({ loss, trained }: Props) {
  const { t, language } = useLanguage()
  const { curve: shown = 'loss' } = useSearch({ strict: false })
  const navigate = useNavigate()
  // A point of the loss curve is the mean of many steps: their lowest and highest make the band.
  const columns = useMemo(
    (): (Curve | 'loss_min' | 'loss_max')[] => (shown === 'loss' ? ['loss_min', 'loss_max', 'loss'] : [shown]),
    [shown],
  )
  const { step, tokens, loss: losses } = loss.columns
  const last = trained ?? losses.at(-1)
  const written = (step: number) => count(step, language)
  const facts = [
    loss.checkpoints.length > 0 && t('runs.checkpoints', { steps: loss.checkpoints.map(written).join(', ') }),
    loss.resumes.length > 0 && t('runs.resumes', { steps: loss.resumes.map(written).join(', ') }),
  ]
  return (
    <Block
      title={t('runs.curves')}
      side={
        <Segments
          label={t('runs.curves')}
          options={CURVES.map((id) => ({ id, name: t(`curve.${id}`) }))}
          value={shown}
          onChange={(curve) => void navigate({ to: '.', search: { curve: curve === 'loss' ? undefined : curve } })}
        />
      }
    >
      <p className="quiet">
        {t('runs.latest', {
          step: step.at(-1) ?? 0,
          loss: last === undefined || last === null ? '–' : decimal(last, 3, language),
          tokens: tokens.at(-1) ?? 0,
        })}
      </p>
      <Plot loss={loss} columns={columns} names={columns.map((column) => t(`curve.${column}`))} />
      <p className="quiet">{facts.filter(Boolean).join(' · ')}</p>
    </Block>
  )
}
