import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const NOTHING = "–";

/** One page of figures: how fast, how well, how much, for every account and in total. */
export class MarketplaceFigures extends Component {
    static template = "marketplace.Figures";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ hours: 24, figures: null });
        this.canvas = useRef("canvas");
        onWillStart(async () => {
            await Promise.all([loadBundle("web.chartjs_lib"), this.load(24)]);
        });
        useEffect(
            () => this.renderChart(),
            () => [this.state.figures, this.canvas.el]
        );
    }

    async load(hours) {
        this.state.figures = await this.orm.call("marketplace.figures", "get_figures", [hours]);
        this.state.hours = hours;
    }

    // === FORMATS === //

    integer(value) {
        return value ? formatInteger(value) : value === 0 ? "0" : NOTHING;
    }

    number(value, digits = 2) {
        return value === null || value === undefined
            ? NOTHING
            : formatFloat(value, { digits: [16, digits] });
    }

    seconds(value) {
        return value === null ? NOTHING : _t("%s s", this.number(value, value < 10 ? 2 : 0));
    }

    percent(value, digits = 2) {
        return value === null ? NOTHING : _t("%s %", this.number(value, digits));
    }

    moment(value) {
        return value ? formatDateTime(deserializeDateTime(value)) : _t("never");
    }

    ago(value) {
        return value ? deserializeDateTime(value).toRelative() : _t("never");
    }

    latencyClass(value) {
        return this.goalClass(value, value <= this.state.figures.goals.seconds);
    }

    errorClass(value) {
        return this.goalClass(value, value < this.state.figures.goals.error_rate);
    }

    goalClass(value, reached) {
        return value === null ? "text-muted" : reached ? "text-success" : "text-danger";
    }

    // === DRILL DOWN === //

    open(figure, accountId) {
        return this.action.doActionButton({
            type: "object",
            name: "action_drill_down",
            resModel: "marketplace.account",
            resIds: accountId ? [accountId] : [],
            resId: accountId || false,
            context: { figure },
        });
    }

    openCause(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "marketplace.cause",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openAccount(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "marketplace.account",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    // === CHART === //

    renderChart() {
        if (!this.canvas.el) {
            return;
        }
        const scheme = cookie.get("color_scheme");
        const labelColor = getCustomColor(scheme, "#111827", "#E4E4E4");
        const gridColor = getCustomColor(scheme, "#d8dadd", "#3C3E4B");
        const points = this.state.figures.chart;
        const format = this.state.figures.hours > 24 ? "ccc d" : "HH:mm";
        const chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: points.map((point) => deserializeDateTime(point.at).toFormat(format)),
                datasets: [
                    {
                        label: _t("Accepted"),
                        data: points.map((point) => point.accepted),
                        backgroundColor: getColor(1, scheme, "odoo"),
                        stack: "sent",
                    },
                    {
                        label: _t("Not accepted"),
                        data: points.map((point) => point.failed),
                        backgroundColor: "#d9534f",
                        stack: "sent",
                    },
                ],
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                plugins: {
                    legend: { position: "bottom", labels: { color: labelColor, boxWidth: 12 } },
                    tooltip: { intersect: false, mode: "index" },
                },
                scales: {
                    y: {
                        stacked: true,
                        beginAtZero: true,
                        grid: { color: gridColor },
                        ticks: { color: labelColor, precision: 0 },
                    },
                    x: {
                        stacked: true,
                        grid: { display: false },
                        ticks: { color: labelColor, maxRotation: 0, autoSkip: true },
                    },
                },
            },
        });
        return () => chart.destroy();
    }
}

registry.category("actions").add("marketplace_figures", MarketplaceFigures);
