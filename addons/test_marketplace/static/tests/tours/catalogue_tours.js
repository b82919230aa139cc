import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Press a button of the form by its name. */
function press(name, text = "") {
    return {
        content: `press ${name}`,
        trigger: `.o_form_view button[name='${name}']:enabled${text}`,
        run: "click",
    };
}

/** Say yes to the question that a button asks. */
const yes = {
    content: "yes",
    trigger: ".modal .modal-footer .btn-primary",
    run: "click",
};

// From the account's page through its first import; the test reads the catalogue in between.
tours.add("test_marketplace_onboarding", {
    steps: () => [
        press("action_onboarding"),
        {
            content: "nothing was read yet",
            trigger: ".o_form_view div[name='step_compare']",
        },
        press("action_read"),
        {
            content: "it is being read",
            trigger: ".o_form_view div[name='reading']:contains('Reading what the channel lists')",
        },
        {
            content: "the page goes on by itself once it is read",
            trigger: ".o_form_view .o_field_widget[name='remote_count']:contains('4')",
        },
        press("action_next"),
        press("action_link_likely"),
        yes,
        {
            content: "what was certain is linked",
            trigger:
                ".o_form_view div[name='step_match'] .o_field_widget[name='linked_count']:contains('1')",
        },
        press("action_later"),
        {
            content: "the account says that it is not finished",
            trigger: ".o_form_view div[name='onboarding'] button[name='action_onboarding']",
            run: "click",
        },
        press("action_next"),
        press("action_import"),
        press("action_plan"),
        {
            content: "the preview says what happens",
            trigger: ".o_form_view .o_field_widget[name='make_count']:contains('2')",
        },
        {
            content: "product by product",
            trigger: ".o_form_view .o_field_widget[name='sample_ids'] .o_data_row:contains('Shirt')",
        },
        press("action_run"),
        yes,
        {
            content: "they are made",
            trigger: ".o_form_view .o_field_widget[name='done_count']:contains('2')",
        },
        {
            content: "back to the assistant",
            trigger: ".o_control_panel .breadcrumb-item a, .o_control_panel .o_back_button",
            run: "click",
        },
        {
            content: "it knows",
            trigger: ".o_form_view .o_field_widget[name='import_done']:contains('2')",
        },
        press("action_next"),
        {
            content: "it warns of stock that Odoo does not know",
            trigger: ".o_form_view .alert-warning:contains('sold out')",
        },
        press("action_finish"),
        {
            content: "back on the account, which is open for business",
            trigger: ".o_form_view:not(:has(div[name='onboarding'])) button[name='action_open_catalogue']",
        },
    ],
});
