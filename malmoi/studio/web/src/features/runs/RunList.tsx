import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { isGoingOn } from '../../api/queries'
import type { RunSummary } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { moment } from '../../text/numbers'
import { classes } from '../../ui/classes'
import { Combobox } from '../../ui/Combobox/Combobox'
import { StatusBadge } from '../../ui/StatusBadge/StatusBadge'
import { filtered, sorted } from '../../ui/Table/order'
import { TextField } from '../../ui/TextField/TextField'
import css from './RunList.module.css'

/** A list that is longer gets a box to search it. */
const READ_AT_ONCE = 8

/** The runs: a list at the side where there is room, one line that is searched on a phone. 실험-2 is before 실험-10. */
export function RunList({ runs, chosen }: { runs: RunSummary[]; chosen: string | undefined }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const [asked, setAsked] = useState('')
  const inOrder = sorted(runs, ({ name }) => name, false)
  const found = filtered(inOrder, asked, ({ name }) => [name])
  const options = inOrder.map(({ name }) => ({ id: name, name }))
  return (
    <div>
      <div className={classes(css.line)}>
        <Combobox
          label={t('runs.choose')}
          options={options}
          value={chosen ?? null}
          onChange={(run) => void navigate({ to: '/runs/$run', params: { run } })}
        />
      </div>
      <nav className={classes(css.list)} aria-label={t('runs.list')}>
        {runs.length > READ_AT_ONCE && (
          <TextField label={t('runs.search')} hideLabel search value={asked} onChange={setAsked} />
        )}
        {found.map((run) => (
          <RunItem key={run.name} run={run} isChosen={run.name === chosen} />
        ))}
        {found.length === 0 && <p className="quiet">{t('combobox.none')}</p>}
      </nav>
    </div>
  )
}

function RunItem({ run, isChosen }: { run: RunSummary; isChosen: boolean }) {
  const { language } = useLanguage()
  return (
    <Link
      to="/runs/$run"
      params={{ run: run.name }}
      className={classes(css.item)}
      aria-current={isChosen ? 'true' : undefined}
    >
      <strong>{run.name}</strong>
      <RunState run={run} />
      {run.updated !== null && <span className={classes(css.when)}>{moment(run.updated, language)}</span>}
    </Link>
  )
}

export function RunState({ run }: { run: RunSummary }) {
  const { t } = useLanguage()
  if (isGoingOn(run)) return <StatusBadge tone="working">{t('runs.going')}</StatusBadge>
  if (run.finished) return <StatusBadge tone="good">{t('runs.finished')}</StatusBadge>
  return <StatusBadge tone="warn">{t('runs.unfinished')}</StatusBadge>
}
