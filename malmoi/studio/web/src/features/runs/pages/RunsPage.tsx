import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { isGoingOn, loss, runDetail, runs } from '../../../api/queries'
import type { RunDetail, RunSummary } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { Empty, Loaded } from '../../../ui/Loaded'
import { moment } from '../../../text/numbers'
import { Page } from '../../../ui/Page'
import { Curves } from '../Curves'
import { Stages } from '../Stages'

export default function RunsPage() {
  const { run } = useParams({ strict: false })
  const { t } = useLanguage()
  return (
    <Page title={t('rail.runs')}>
      <Loaded query={useQuery(runs())} lines={10}>
        {(list) => {
          const chosen = list.find((one) => one.name === run) ?? (run ? undefined : list[0])
          if (list.length === 0) {
            return (
              <Empty title={t('runs.none')}>
                {t('runs.none_how')} <StartLink />
              </Empty>
            )
          }
          return (
            <div className="runs-columns">
              <RunList runs={list} chosen={chosen?.name ?? run} />
              {chosen ? (
                <OneRun key={chosen.name} run={chosen} />
              ) : (
                <Empty title={t('runs.unknown', { run: run ?? '' })} />
              )}
            </div>
          )
        }}
      </Loaded>
    </Page>
  )
}

function RunList({ runs: list, chosen }: { runs: RunSummary[]; chosen: string | undefined }) {
  const { t, language } = useLanguage()
  return (
    <nav className="run-list" aria-label={t('runs.list')}>
      {list.map((run) => (
        <Link
          key={run.name}
          to="/runs/$run"
          params={{ run: run.name }}
          className="run-item"
          aria-current={run.name === chosen ? 'true' : undefined}
        >
          <strong>{run.name}</strong>
          <span className="quiet">
            {isGoingOn(run) ? t('runs.going') : run.finished ? t('runs.finished') : t('runs.unfinished')}
            {run.updated !== null && ` · ${moment(run.updated, language)}`}
          </span>
        </Link>
      ))}
    </nav>
  )
}

function OneRun({ run }: { run: RunSummary }) {
  return (
    <div className="run-detail">
      <Loaded query={useQuery(runDetail(run))} lines={8}>
        {(detail) => (
          <>
            <RunHead detail={detail} />
            <Stages detail={detail} live={isGoingOn(run)} />
            {detail.has_loss ? <LossBlock run={run} /> : <NoLoss />}
          </>
        )}
      </Loaded>
    </div>
  )
}

function StartLink({ run }: { run?: string }) {
  const { t } = useLanguage()
  return (
    <Link to="/jobs/new" search={{ command: 'train', run }} className="button">
      {t('runs.start')}
    </Link>
  )
}

function RunHead({ detail }: { detail: RunDetail }) {
  const { t } = useLanguage()
  const address = encodeURIComponent(detail.name)
  return (
    <div className="toolbar">
      <h2 className="run-title">{detail.name}</h2>
      <span className="toolbar-space" />
      <StartLink run={detail.name} />
      {detail.has_corpus && (
        <Link to="/corpora/$run" params={{ run: detail.name }} className="button">
          {t('runs.corpus')}
        </Link>
      )}
      {detail.has_report && (
        <a className="button" href={`/api/runs/${address}/report`} target="_blank" rel="noreferrer">
          {t('corpus.report')}
        </a>
      )}
    </div>
  )
}

function LossBlock({ run }: { run: RunSummary }) {
  return (
    <Loaded query={useQuery(loss(run))} lines={8}>
      {(data) => (data.columns.step.length === 0 ? <NoLoss /> : <Curves loss={data} />)}
    </Loaded>
  )
}

function NoLoss() {
  const { t } = useLanguage()
  return <Empty title={t('runs.no_loss')} />
}
