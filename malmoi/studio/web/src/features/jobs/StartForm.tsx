import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { ApiError } from '../../i18n/errors'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { ErrorNote } from '../../ui/ErrorNote'
import { Icon } from '../../ui/Icon'
import { changed } from './changes'
import css from './jobs.module.css'
import { planJob, startJob, words } from './queries'
import { SettingField } from './SettingField'
import type { JobAsked, JobField, JobForm } from '../../api/schema'
import type { Value } from './changes'
import { useRested, useWritten } from './useAsked'

interface Props {
  form: JobForm
  /** The run's name to begin with. */
  run: string
  /** Runs that are there already. */
  runs: string[]
}

/** Name and options, the line that will run as the command line itself has read it, and the settings of the recipe. */
export function StartForm({ form, run: first, runs }: Props) {
  const { t } = useLanguage()
  const [run, setRun] = useState(first)
  const { changes, options, round, write, forget } = useWritten(form.command, form.recipe)
  const asked: JobAsked = { command: form.command, recipe: form.recipe, run: run.trim(), changes, options }
  const change = (field: JobField, text: string) => write('changes', changed(changes, field, text))
  const choose = (field: JobField, text: string) => write('options', changed(options, field, text))
  const numChanges = Object.keys(changes).length
  return (
    <>
      <RunName run={run} runs={runs} onChange={setRun} />
      {form.options.length > 0 && <Options fields={form.options} values={options} onChange={choose} />}
      <Start asked={asked} onStarted={forget} />
      {form.groups.length > 0 && (
        <section className="block" aria-label={t('jobs.settings')}>
          <div className="block-head">
            <h2>{t('jobs.settings')}</h2>
            <span className="toolbar-space" />
            <span className="quiet">{t('jobs.changes', { count: numChanges })}</span>
            <Button small isDisabled={numChanges === 0} onPress={forget}>
              {t('jobs.forget')}
            </Button>
          </div>
          <p className="quiet">{t('jobs.settings_help')}</p>
          {/* A new form for each way back to the recipe: its fields keep what is written themselves. */}
          <Groups key={round} form={form} changes={changes} onChange={change} />
        </section>
      )}
    </>
  )
}

function RunName({ run, runs, onChange }: { run: string; runs: string[]; onChange: (run: string) => void }) {
  const { t } = useLanguage()
  const id = useId()
  return (
    <div className={css.name}>
      <label htmlFor={id} className="field-label">
        {t('jobs.run_name')}
      </label>
      <input
        id={id}
        className="text-box"
        list={`${id}-runs`}
        defaultValue={run}
        onChange={(event) => onChange(event.target.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <datalist id={`${id}-runs`}>
        {runs.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <p className="quiet">{t(runs.includes(run.trim()) ? 'jobs.run_there' : 'jobs.run_new')}</p>
    </div>
  )
}

type Change = (field: JobField, text: string) => void

function Options({
  fields,
  values,
  onChange,
}: {
  fields: JobField[]
  values: Record<string, Value>
  onChange: Change
}) {
  const { t } = useLanguage()
  return (
    <section className="block" aria-label={t('jobs.options')}>
      <h2>{t('jobs.options')}</h2>
      <div className={css.fields}>
        {fields.map((field) => (
          <SettingField key={field.key} field={field} value={values[field.key]} onChange={onChange} />
        ))}
      </div>
    </section>
  )
}

function Groups({ form, changes, onChange }: { form: JobForm; changes: Record<string, Value>; onChange: Change }) {
  const { t } = useLanguage()
  return form.groups.map(({ name, about, fields }, place) => (
    <details key={name} className={css.group} open={place === 0 || fields.some(({ key }) => key in changes)}>
      <summary className="mono">[{name}]</summary>
      {about && (
        <details>
          <summary className="quiet">{t('jobs.about')}</summary>
          <pre className={css.about} lang="en">
            {about}
          </pre>
        </details>
      )}
      <div className={css.fields}>
        {fields.map((field) => (
          <SettingField key={field.key} field={field} value={changes[field.key]} onChange={onChange} />
        ))}
      </div>
    </details>
  ))
}

/** The line that will run, what it would do, and the button that runs it. */
function Start({ asked, onStarted }: { asked: JobAsked; onStarted: () => void }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const rested = useRested(asked)
  const query = useQuery(words(rested))
  const plan = useMutation({ mutationFn: () => planJob(asked) })
  const start = useMutation({
    mutationFn: () => startJob(asked),
    onSuccess: ({ id }) => {
      onStarted()
      void navigate({ to: '/jobs/$job', params: { job: id } })
    },
  })
  const error = start.error ?? plan.error ?? query.error
  const wrong = query.data?.wrong
  return (
    <section className="block" aria-label={t('jobs.line')}>
      {error && <Failure error={error} />}
      {wrong && <Refusal words={wrong} />}
      {query.data?.line && <CodeBlock code={query.data.line} label={t('jobs.line')} />}
      {query.data?.busy.map((id) => (
        <p key={id} className="note">
          {t('jobs.busy')}{' '}
          <Link to="/jobs/$job" params={{ job: id }}>
            {t('jobs.busy_which')}
          </Link>
        </p>
      ))}
      <div className="toolbar">
        <Button isPending={plan.isPending} isDisabled={!query.data?.line} onPress={() => plan.mutate()}>
          {t('jobs.plan')}
        </Button>
        <Button kind="main" isPending={start.isPending} isDisabled={!query.data?.line} onPress={() => start.mutate()}>
          <Icon name="play" />
          {t('jobs.start')}
        </Button>
      </div>
      {plan.data && <CodeBlock code={plan.data.wrong || plan.data.text} label={t('jobs.plan_says')} />}
    </section>
  )
}

function Failure({ error }: { error: Error }) {
  const isRefusal = error instanceof ApiError && error.code === 'job_refused'
  return isRefusal ? <Refusal words={error.message} /> : <ErrorNote error={error} />
}

/** What the command line refuses, in its own words under a sentence of ours. */
function Refusal({ words: said }: { words: string }) {
  const { t } = useLanguage()
  return (
    <div className="note note-error" role="alert">
      <p>{t('jobs.refused')}</p>
      <p className="note-detail mono" lang="en">
        {said}
      </p>
    </div>
  )
}
