import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { isGoingOn, loss, runDetail, runs } from '../../../api/queries'
import type { RunDetail, RunSummary } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { buttonLook } from '../../../ui/Button/Button'
import { classes } from '../../../ui/classes'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { Toolbar } from '../../../ui/Toolbar/Toolbar'
import { Curves } from '../Curves'
import { RunList, RunState } from '../RunList'
import { Stages } from '../Stages'
import css from './RunsPage.module.css'

export default function RunsPage() {
  const { run } = useParams({ strict: false })
  const { t } = useLanguage()
  return (
    <Page title={t('rail.runs')}>
      <Loaded query={useQuery(runs())} lines={10}>
        {(list) => {
          const chosen = list.find((one) => one.name === run) ?? (run ? undefined : list[0])
          if (list.length === 0) return <NoRuns />
          return (
            <div className={classes(css.page)}>
              <div className={classes(css.columns)}>
                <RunList runs={list} chosen={chosen?.name ?? run} />
                {chosen ? (
                  <OneRun key={chosen.name} run={chosen} />
                ) : (
                  <EmptyState icon="search" title={t('runs.unknown', { run: run ?? '' })} />
                )}
              </div>
            </div>
          )
        }}
      </Loaded>
    </Page>
  )
}

function NoRuns() {
  const { t } = useLanguage()
  return (
    <EmptyState
      icon="runs"
      title={t('runs.none')}
      act={
        <Link to="/jobs/new" search={{ command: 'train' }} className={buttonLook({ kind: 'main' })}>
          {t('runs.start')}
        </Link>
      }
    >
      {t('runs.none_how')}
    </EmptyState>
  )
}

function OneRun({ run }: { run: RunSummary }) {
  return (
    <div className={classes(css.run)}>
      <Loaded query={useQuery(runDetail(run))} lines={8}>
        {(detail) => (
          <>
            <RunHead run={run} detail={detail} />
            <Stages detail={detail} live={isGoingOn(run)} />
            {detail.has_loss ? <LossBlock run={run} trained={trainedLoss(detail)} /> : <NoLoss />}
          </>
        )}
      </Loaded>
    </div>
  )
}

function RunHead({ run, detail }: { run: RunSummary; detail: RunDetail }) {
  const { t } = useLanguage()
  const links = (
    <>
      <Link to="/jobs/new" search={{ command: 'train', run: detail.name }} className={buttonLook()}>
        {t('runs.start')}
      </Link>
      {detail.has_corpus && (
        <Link to="/corpora/$run" params={{ run: detail.name }} className={buttonLook()}>
          {t('runs.corpus')}
        </Link>
      )}
      {detail.has_report && (
        <a
          className={buttonLook()}
          href={`/api/runs/${encodeURIComponent(detail.name)}/report`}
          target="_blank"
          rel="noreferrer"
        >
          {t('corpus.report')}
        </a>
      )}
    </>
  )
  return (
    <Toolbar end={links}>
      <h2 className={classes(css.title)}>{detail.name}</h2>
      <RunState run={run} />
    </Toolbar>
  )
}

/** What the finished training noted as its loss, as the report says it. */
function trainedLoss(detail: RunDetail): number | null {
  const train = detail.stages.find(({ name }) => name === 'train')
  const noted = train?.status === 'finished' ? train.counts['loss'] : null
  return typeof noted === 'number' ? noted : null
}

function LossBlock({ run, trained }: { run: RunSummary; trained: number | null }) {
  return (
    <Loaded query={useQuery(loss(run))} lines={8}>
      {(data) => (data.columns.step.length === 0 ? <NoLoss /> : <Curves loss={data} trained={trained} />)}
    </Loaded>
  )
}

function NoLoss() {
  const { t } = useLanguage()
  return <EmptyState icon="runs" title={t('runs.no_loss')} />
}
