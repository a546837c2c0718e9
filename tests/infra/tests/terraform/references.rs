//! What expressions refer to.

use hcl::expr::{Operation, Traversal, TraversalOperator, Variable};
use hcl::template::{Directive, Element, Template};
use hcl::{Block, Body, Expression, ObjectKey};

/// `data.digitalocean_domain.existing[0].name` is `["data", "digitalocean_domain",
/// "existing", "name"]`: a root and the attributes after it, without indexes.
pub(crate) type Reference = Vec<String>;

/// All references of a body, of its nested blocks too, less the names that `for` and
/// `dynamic` bind.
pub(crate) fn of_body(body: &Body) -> Vec<Reference> {
    let mut walk = Walk::default();
    walk.body(body);
    walk.found
}

pub(crate) fn of_block(block: &Block) -> Vec<Reference> {
    of_body(&block.body)
}

pub(crate) fn of_expression(expression: &Expression) -> Vec<Reference> {
    let mut walk = Walk::default();
    walk.expression(expression);
    walk.found
}

#[derive(Default)]
struct Walk {
    bound: Vec<String>,
    found: Vec<Reference>,
}

impl Walk {
    fn body(&mut self, body: &Body) {
        for attribute in body.attributes() {
            self.expression(&attribute.expr);
        }
        for block in body.blocks() {
            let dynamic = block.identifier() == "dynamic";
            if dynamic {
                self.bound.push(crate::source::label(block, 0).to_owned());
            }
            self.body(&block.body);
            if dynamic {
                self.bound.pop();
            }
        }
    }

    fn expressions<'a>(&mut self, all: impl IntoIterator<Item = &'a Expression>) {
        for one in all {
            self.expression(one);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Array(items) => self.expressions(items),
            Expression::Object(object) => {
                for (key, value) in object.iter() {
                    if let ObjectKey::Expression(key) = key {
                        // A bare word is a key, not a reference.
                        if !matches!(key, Expression::Variable(_)) {
                            self.expression(key);
                        }
                    }
                    self.expression(value);
                }
            }
            Expression::TemplateExpr(text) => match Template::from_expr(text) {
                Ok(template) => self.template(&template),
                Err(_) => self
                    .found
                    .push(vec!["a template that cannot be read".to_owned()]),
            },
            Expression::Variable(name) => self.name(name, &[]),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::FuncCall(call) => self.expressions(&call.args),
            Expression::Parenthesis(inner) => self.expression(inner),
            Expression::Conditional(choice) => {
                self.expressions([&choice.cond_expr, &choice.true_expr, &choice.false_expr]);
            }
            Expression::Operation(operation) => match operation.as_ref() {
                Operation::Unary(one) => self.expression(&one.expr),
                Operation::Binary(two) => self.expressions([&two.lhs_expr, &two.rhs_expr]),
            },
            Expression::ForExpr(each) => {
                self.expression(&each.collection_expr);
                let before = self.bound.len();
                self.bound
                    .extend(each.key_var.iter().map(ToString::to_string));
                self.bound.push(each.value_var.to_string());
                self.expressions(
                    each.key_expr
                        .iter()
                        .chain([&each.value_expr])
                        .chain(each.cond_expr.iter()),
                );
                self.bound.truncate(before);
            }
            _ => {}
        }
    }

    fn template(&mut self, template: &Template) {
        for element in template.elements() {
            match element {
                Element::Literal(_) => {}
                Element::Interpolation(inner) => self.expression(&inner.expr),
                Element::Directive(directive) => match directive.as_ref() {
                    Directive::If(choice) => {
                        self.expression(&choice.cond_expr);
                        self.template(&choice.true_template);
                        choice
                            .false_template
                            .iter()
                            .for_each(|template| self.template(template));
                    }
                    Directive::For(each) => {
                        self.expression(&each.collection_expr);
                        let before = self.bound.len();
                        self.bound
                            .extend(each.key_var.iter().map(ToString::to_string));
                        self.bound.push(each.value_var.to_string());
                        self.template(&each.template);
                        self.bound.truncate(before);
                    }
                },
            }
        }
    }

    fn traversal(&mut self, traversal: &Traversal) {
        let mut path = Vec::new();
        for operator in &traversal.operators {
            match operator {
                TraversalOperator::GetAttr(name) => path.push(name.to_string()),
                TraversalOperator::Index(index) => self.expression(index),
                _ => {}
            }
        }
        match &traversal.expr {
            Expression::Variable(name) => self.name(name, &path),
            other => self.expression(other),
        }
    }

    fn name(&mut self, name: &Variable, path: &[String]) {
        if !self.bound.iter().any(|bound| bound == name.as_str()) {
            self.found.push([&[name.to_string()], path].concat());
        }
    }
}
